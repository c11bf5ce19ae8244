-- SQLite: what `finops serve` did. Instants are ISO text in UTC, `did` is JSON, `outcome` is NULL while it runs.

create table runs (
    id integer primary key autoincrement,
    job text not null, started_at text not null, ended_at text,
    outcome text check (outcome in ('ok', 'findings', 'failed', 'hung', 'skipped', 'interrupted')),
    did text not null default '{}', aws_requests integer not null default 0, aws_usd text not null default '0',
    error text
) strict;

create index runs_by_job on runs (job, id)
