-- Who has tried secrets in vain, so that calling again, or a restart, gives nobody new tries.
create table lockouts (
    subject text    primary key,
    state   text    not null check (json_valid(state)),
    until   integer not null -- when it may be forgotten
) strict, without rowid;

create index lockouts_done on lockouts (until);
