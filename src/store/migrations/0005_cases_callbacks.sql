-- A case: something that a caller waits for an answer to. `number` is what callers are told; it is never given twice,
-- because `autoincrement` never gives an id twice.
create table cases (
    id          integer primary key autoincrement,
    number      text    unique,
    call        text    not null,
    ticket      integer not null,
    kind        text    not null,
    about       text,
    flow        text    not null,
    caller      text, -- null: withheld
    dialled     text    not null,
    language    text    not null,
    fields      text    not null check (json_valid(fields)),
    opened_at   integer not null,
    promised_at integer not null,
    closed_at   integer, -- null: open
    unique (call, ticket)
) strict;

create index cases_open on cases (promised_at) where closed_at is null;
create index cases_open_by_caller on cases (caller, opened_at) where closed_at is null;
create index cases_closed on cases (closed_at) where closed_at is not null;

-- A promise to call somebody back. One number waits once for a queue: who asks again is not called twice.
create table callbacks (
    id       integer primary key autoincrement,
    queue    text    not null,
    number   text    not null,
    because  text,
    language text    not null,
    call     text    not null,
    ticket   integer not null,
    asked_at integer not null,
    due_at   integer not null,
    times    integer not null default 1, -- asked so often
    context  text    not null check (json_valid(context)),
    done_at  integer, -- null: waits
    outcome  text
) strict;

create unique index callbacks_waiting on callbacks (queue, number) where done_at is null;
create index callbacks_due on callbacks (due_at) where done_at is null;
create index callbacks_done on callbacks (done_at) where done_at is not null;
