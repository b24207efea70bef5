-- The demo operator's lines and recharge cards. Amounts are whole fen: sums stay exact.
create table if not exists lines (
  number   text primary key,    -- 11 digits
  fen      integer not null,    -- the balance
  minutes  integer not null,    -- left this month
  data     text not null,       -- GB left this month, as text
  state    text not null check (state in ('active', 'suspended')),
  pin_hash text                 -- argon2, of the six-digit service code; none was set where it is missing
);

create table if not exists cards (
  number text primary key,      -- 16 digits, the last by Luhn
  code   text not null,         -- 8 digits under the scratch field
  fen    integer not null,
  state  text not null check (state in ('new', 'used', 'expired', 'blocked'))
);

-- One row a top-up. `once` is the call's own key: the same top-up asked for twice is carried out once.
create table if not exists top_ups (
  once text primary key,
  line text not null references lines,
  card text not null unique references cards
);

create trigger if not exists top_up after insert on top_ups begin
  update lines set fen = fen + (select fen from cards where number = new.card) where number = new.line;
  update cards set state = 'used' where number = new.card;
end;

-- What flows ask.
create view if not exists line_status as
  select number, printf('%.2f', fen / 100.0) as balance, minutes, data, state, pin_hash from lines;
create view if not exists card_status as
  select number, code, printf('%.2f', fen / 100.0) as value, state from cards;

insert or replace into lines values
  ('13900000001',  5630, 120, '3.5',  'active',    '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('13900000002',     5,   2, '0.25', 'active',    '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('13900000003',  -850,   0, '0',    'suspended', '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('13900000004', 20000, 600, '20',   'active',    null);

insert or replace into cards values
  ('8600123400000011', '11112222', 5000, 'new'),
  ('8600123400000029', '22223333', 10000, 'new'),
  ('8600123400000037', '33334444', 5000, 'used'),
  ('8600123400000045', '44445555', 3000, 'expired'),
  ('8600123400000052', '55556666', 5000, 'blocked');
