-- SQLite: what cannot be rebuilt from the sources. `value` and `message` are JSON, days and instants ISO text in UTC.

create table incidents (
    id text primary key, rule text not null, subject text not null, state text not null, value text not null
) strict;

create table deliveries (
    key text not null, channel text not null,
    status text not null check (status in ('pending', 'sent', 'dead')),
    message text not null, attempts integer not null default 0, next_at text not null,
    created_at text not null, changed_at text not null, ref text, error text,
    primary key (key, channel)
) strict;

create table evaluated (rule text primary key, day text not null) strict;

create table plans (name text primary key, until text not null, by text not null, at text not null) strict;

create table history (
    at text not null, incident text not null, event text not null, by text, detail text not null
) strict;

create table schema_version (version integer not null) strict;
