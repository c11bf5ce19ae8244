"""Where files are, and how they come near: a `listing` of a `directory` or of `s3`, from which what is needed is
`fetch`ed into `copies` within bounds."""
