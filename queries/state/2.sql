-- What a channel shows of an incident's state, who pressed what, what people said of incidents, whom Slack knows.

alter table deliveries add column shown text;

create table pressed (key text primary key, at text not null) strict;

create table feedback (
    incident text not null, verdict text not null check (verdict in ('expected', 'not-an-anomaly')),
    by text not null, at text not null,
    primary key (incident, by)
) strict;

create table people (address text primary key, id text, at text not null) strict;

create table runs_recorded (count integer not null) strict;

insert into runs_recorded values (0);
