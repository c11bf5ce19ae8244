"""The published file: built from the record, proven, and swapped in whole as the next generation."""
