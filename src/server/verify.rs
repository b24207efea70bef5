//! Secrets that callers key: looked up, compared, and counted against whoever guesses. `call::lockout` decides who may try,
//! `lookup` finds the hash and compares; here they meet, and what is counted is written down before anything is compared.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::call::lockout::{Attempt, Command, Event, Lockouts, Subject, Tries};
use crate::call::{Check, Verdict};
use crate::lookup::{Lookups, Outcome, PinError, Pins, Query};
use crate::store::{self, Entry, Store};
use crate::value::Value;

/// Compares what callers key, for all calls.
pub(crate) struct Verifier {
    pins: Pins,
    /// Held for a look or a change and for handing that to the store, never across a wait.
    lockouts: Mutex<Lockouts>,
    store: Option<Store>,
}

impl Verifier {
    /// Counts anew and for this process only.
    ///
    /// # Errors
    /// [`PinError::Unmade`], which no input brings about.
    pub(crate) fn forgetful() -> Result<Self, PinError> {
        Ok(Self { pins: Pins::new(cores())?, lockouts: Mutex::default(), store: None })
    }

    /// Counts on from what `store` remembers.
    ///
    /// # Errors
    /// [`store::Error`] if it cannot be read.
    pub(crate) async fn remembering(store: Store, pins: Pins) -> Result<Self, store::Error> {
        let kept = store.lockouts(Timestamp::now()).await?;
        let kept = kept.into_iter().filter_map(|(subject, tries)| {
            let subject: Subject = serde_json::from_str(&subject).ok()?;
            let tries: Tries = serde_json::from_value(tries).ok()?;
            Some((subject, tries))
        });
        Ok(Self { pins, lockouts: Mutex::new(Lockouts::restore(kept)), store: Some(store) })
    }

    /// Compares what `check` brings, if whoever tries may. A call that ends meanwhile has used its try all the same.
    pub(crate) async fn check(
        &self,
        lookups: &Lookups,
        connector: &str,
        query: &Query,
        check: &Check,
    ) -> Verdict {
        let deadline = Instant::now() + check.within;
        let attempt = Attempt {
            account: format!("{connector}/{}", check.account).into(),
            number: check.number.clone(),
            locks_after: check.locks_after,
            locked_for: check.locked_for,
        };
        if self.is_locked(&attempt, Event::Begins) {
            tracing::warn!(
                account = &*check.account,
                "a secret was keyed for a locked account or number"
            );
            metrics::counter!("hotline_verify_total", "outcome" => "locked").increment(1);
            return Verdict::Locked;
        }
        let outcome = lookups.run(connector, query, &check.with, check.within).await;
        let hash = match outcome {
            Outcome::Found(columns) => columns.into_iter().find_map(|(_, value)| hash_of(value)),
            Outcome::NotFound => None,
            Outcome::Failed(_) | Outcome::Unknown(_) => {
                return self.undone(&attempt, Verdict::Failed);
            }
            Outcome::TimedOut => return self.undone(&attempt, Verdict::TimedOut),
        };
        let verdict = match self.pins.matches(hash, check.secret.clone(), deadline).await {
            Ok(true) => {
                self.is_locked(&attempt, Event::Right);
                Verdict::Right
            }
            Ok(false) if self.is_locked(&attempt, Event::Wrong) => {
                tracing::warn!(account = &*check.account, "locked after too many wrong secrets");
                Verdict::Locked
            }
            Ok(false) => Verdict::Wrong,
            Err(error) => {
                tracing::error!(lookup = &*check.lookup, %error, "a secret cannot be compared");
                let late = error == PinError::Late;
                return self
                    .undone(&attempt, if late { Verdict::TimedOut } else { Verdict::Failed });
            }
        };
        metrics::counter!("hotline_verify_total", "outcome" => verdict.name()).increment(1);
        verdict
    }

    fn undone(&self, attempt: &Attempt, verdict: Verdict) -> Verdict {
        self.is_locked(attempt, Event::Undone);
        metrics::counter!("hotline_verify_total", "outcome" => verdict.name()).increment(1);
        verdict
    }

    /// Tells the lock-outs, has written down what they want kept, and says whether nobody may try.
    fn is_locked(&self, attempt: &Attempt, event: Event) -> bool {
        let mut out = Vec::new();
        let mut lockouts = self.lockouts.lock().unwrap_or_else(PoisonError::into_inner);
        lockouts.handle(Timestamp::now(), attempt, event, &mut out);
        let mut locked = false;
        for command in out {
            match command {
                Command::Keep(subject, tries) => self.keep(&subject, tries.as_ref()),
                Command::Compare => {}
                Command::Locked => locked = true,
            }
        }
        locked
    }

    fn keep(&self, subject: &Subject, tries: Option<&Tries>) {
        let Some(store) = &self.store else { return };
        // A name and numbers: cannot fail to become JSON.
        let subject = serde_json::to_string(subject).unwrap_or_default().into();
        let state = tries.and_then(|it| serde_json::to_value(it).ok());
        let until = tries.map_or(Timestamp::MIN, Tries::until);
        store.append_now(Entry::Lockout { subject, state, until });
    }
}

/// As many at once as there are cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn hash_of(value: Value) -> Option<crate::secret::Secret<Arc<str>>> {
    match value {
        Value::Secret(hash) => Some(hash),
        Value::Text(_)
        | Value::Digits(_)
        | Value::Number(_)
        | Value::Money(_)
        | Value::Percent(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::YesNo(_)
        | Value::Choice(_)
        | Value::Phone(_)
        | Value::Recording(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::call::Ticket;
    use crate::lookup::{Column, SqliteConfig, hash};
    use crate::secret::Secret;
    use crate::value::Type;

    const PIN: &str = "739146";

    /// A store, a database with one line whose PIN is [`PIN`], and what compares. Opened again it is a restart.
    struct World {
        verifier: Verifier,
        store: Store,
        lookups: Lookups,
        query: Query,
    }

    impl World {
        async fn open(folder: &Path) -> Self {
            let store = Store::open(&folder.join("data")).await.unwrap();
            let pins = Pins::new(2).unwrap();
            let verifier = Verifier::remembering(store.clone(), pins).await.unwrap();
            let sql = folder.join("lines.sql");
            let hash = hash(&Secret::new(PIN.into())).unwrap();
            let script = format!(
                "create table lines (number text primary key, pin_hash text);
                 insert into lines values ('1', '{hash}'), ('broken', 'nonsense');"
            );
            std::fs::write(&sql, script).unwrap();
            let connector = SqliteConfig {
                name: "operator".into(),
                file: folder.join("lines.db"),
                create: vec![sql],
                connections: 2,
            };
            let lookups = Lookups::open(vec![connector]).await.unwrap();
            let query = Query::prepare(
                "select pin_hash as hash from lines where number = :number",
                &["number".into()],
                vec![Column { name: "hash".into(), kind: Type::Secret, optional: false }],
                false,
            );
            Self { verifier, store, lookups, query: query.unwrap() }
        }

        async fn tries(&self, account: &str, secret: &str) -> Verdict {
            let check = Check {
                ticket: Ticket(1),
                lookup: "pin".into(),
                with: vec![("number".into(), Value::Phone(account.into()))],
                secret: Secret::new(secret.into()),
                account: account.into(),
                number: None,
                locks_after: 3,
                locked_for: Duration::from_secs(1_800),
                within: Duration::from_secs(30),
            };
            self.verifier.check(&self.lookups, "operator", &self.query, &check).await
        }
    }

    #[tokio::test]
    async fn calling_again_gives_no_new_tries_and_neither_does_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::open(folder.path()).await;
        assert_eq!(world.tries("1", PIN).await, Verdict::Right);
        assert_eq!(world.tries("1", "000000").await, Verdict::Wrong);
        assert_eq!(world.tries("1", "000001").await, Verdict::Wrong);
        world.store.close().await.unwrap();
        let world = World::open(folder.path()).await;
        assert_eq!(world.tries("1", "000002").await, Verdict::Locked, "the third");
        assert_eq!(world.tries("1", PIN).await, Verdict::Locked);
        world.store.close().await.unwrap();
        let world = World::open(folder.path()).await;
        assert_eq!(world.tries("1", PIN).await, Verdict::Locked);
        world.store.close().await.unwrap();
        for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let has = bytes.windows(PIN.len()).any(|it| it == PIN.as_bytes());
            assert!(!has, "{} has the PIN", path.display());
        }
    }

    #[tokio::test]
    async fn an_account_that_does_not_exist_is_wrong_and_locked_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::open(folder.path()).await;
        for expected in [Verdict::Wrong, Verdict::Wrong, Verdict::Locked, Verdict::Locked] {
            assert_eq!(world.tries("2", PIN).await, expected);
        }
    }

    #[tokio::test]
    async fn an_account_without_a_hash_is_a_failure_and_no_try() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::open(folder.path()).await;
        for _ in 0..5 {
            assert_eq!(world.tries("broken", PIN).await, Verdict::Failed);
        }
        world.store.flush().await.unwrap();
        assert_eq!(world.store.lockouts(Timestamp::now()).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_call_that_ends_while_its_secret_is_compared_has_used_its_try() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::open(folder.path()).await;
        for _ in 0..3 {
            let hasty = tokio::time::timeout(Duration::ZERO, world.tries("1", "000000")).await;
            assert!(hasty.is_err(), "it was still being looked up");
        }
        assert_eq!(world.tries("1", PIN).await, Verdict::Locked);
    }
}
