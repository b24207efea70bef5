-- The demo education product's accounts, study cards and answered questions. Days are distances from today, so that the demo
-- is as true next year as now.
create table if not exists accounts (
  number     text primary key,   -- 8 digits, the last by Luhn
  phone      text not null,
  expires_in integer not null,   -- days from now; negative: days ago
  pin_hash   text                -- argon2, of the six-digit service code
);

create table if not exists study_cards (
  number text primary key,       -- 12 digits, the last by Luhn
  code   text not null,          -- 6 digits
  days   integer not null,
  state  text not null check (state in ('new', 'used'))
);

-- One row a renewal. `once` is the call's own key: the same renewal asked for twice is carried out once.
create table if not exists renewals (
  once    text primary key,
  account text not null references accounts,
  card    text not null unique references study_cards
);

create trigger if not exists renewal after insert on renewals begin
  update accounts set expires_in = max(expires_in, 0) + (select days from study_cards where number = new.card)
    where number = new.account;
  update study_cards set state = 'used' where number = new.card;
end;

-- Questions that were answered and wait for the call back.
create table if not exists questions (
  phone   text primary key,
  account text not null references accounts,
  topic   text not null check (topic in ('renewal', 'login', 'course')),
  state   text not null check (state in ('answered', 'accepted', 'reopened'))
);

-- What flows ask.
create view if not exists account_status as
  select number, phone, date('now', 'localtime', expires_in || ' days') as expires, expires_in >= 0 as valid, pin_hash
  from accounts;

insert or replace into accounts values
  ('20260014', '13700000001', 40,  '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('20260022', '13700000002', -3,  '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('20260030', '13700000003', 365, '$argon2id$v=19$m=19456,t=2,p=1$ae324kZJ+lDH+muifzawWg$VoTn3esc1Jk+U9Xwxjr6e5qLVxBklvh8FwT7un/f2OA'),
  ('20260048', '13700000004', 0,   null);

insert or replace into study_cards values
  ('400200000018', '111222', 90,  'new'),
  ('400200000026', '222333', 365, 'new'),
  ('400200000034', '333444', 90,  'used');

insert or replace into questions values
  ('13700000001', '20260014', 'renewal', 'answered'),
  ('13700000002', '20260022', 'login',   'answered'),
  ('13700000003', '20260030', 'course',  'answered');
