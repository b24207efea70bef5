-- Moments named `_at` are Unix time in microseconds; `mono_us` counts from the start of the process that took the call.

create table calls (
    id           text    primary key,
    flow         text    not null,
    flow_version text    not null,
    caller       text    not null,
    dialled      text    not null,
    started_at   integer not null,
    ended_at     integer,
    outcome      text
) strict, without rowid;

create index calls_by_start on calls (started_at);
create index calls_by_caller on calls (caller, started_at);
create index calls_unfinished on calls (started_at) where ended_at is null;

-- What went into the call's machine: fed again to the same flow version, it gives the same commands.
create table call_events (
    call    text    not null,
    seq     integer not null,
    mono_us integer not null,
    kind    text    not null,
    payload text    not null check (json_valid(payload)),
    primary key (call, seq)
) strict, without rowid;

create table journeys (
    call  text    not null,
    seq   integer not null,
    entry text    not null check (json_valid(entry)),
    primary key (call, seq)
) strict, without rowid;

create table contexts (
    token_id   text    primary key,
    call       text    not null,
    audience   text    not null,
    created_at integer not null,
    expires_at integer not null,
    record     text    not null check (json_valid(record))
) strict, without rowid;

create index contexts_by_call on contexts (call);

create table agents (
    id          text primary key,
    name        text not null,
    work_number text not null
) strict, without rowid;

create table agent_states (
    id    integer primary key,
    agent text    not null,
    at    integer not null,
    state text    not null
) strict;

create index agent_states_by_agent on agent_states (agent, at);
create index agent_states_by_time on agent_states (at);

create table outbox (
    id           integer primary key,
    hook         text    not null,
    body         text    not null,
    created_at   integer not null,
    attempts     integer not null default 0,
    next_at      integer, -- null: delivered, or given up
    delivered_at integer
) strict;

create index outbox_due on outbox (next_at) where next_at is not null;
create index outbox_done on outbox (created_at) where next_at is null;

create table audit (
    id      integer primary key,
    at      integer not null,
    who     text    not null,
    what    text    not null,
    subject text    not null
) strict;

create index audit_by_subject on audit (subject, at);
