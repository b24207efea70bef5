//! Secrets against the hashes that a system keeps of them: argon2, in the PHC string form.
//!
//! A hash takes some 20 ms and 19 MiB on purpose. So it runs on threads of its own, a few at once, and whoever waits for a
//! place waits no longer than their own time. Where there is no account a hash of nothing is worked out all the same, so
//! that nobody hears from the time it takes whether there is one.

use std::sync::Arc;

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, Params, PasswordHash};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::secret::Secret;

/// The dearest hash that is worked out: what a database says must not take the server's memory or minutes.
const MAX_MEMORY_KIB: u32 = 256 * 1_024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;

/// Why a secret was not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// What the account has is no argon2 hash in PHC form.
    #[error("what the lookup gives is no argon2 hash")]
    Form,
    /// It asks for more than 256 MiB, 16 passes or 8 lanes.
    #[error("the hash asks for more than is worked out here")]
    Dear,
    /// There was no place in time, or it took too long.
    #[error("there was no time for the hash")]
    Late,
    /// No random bytes for a salt, or a secret that cannot be hashed.
    #[error("no hash can be made")]
    Unmade,
}

/// Compares secrets, a few at once; clones share their places.
#[derive(Debug, Clone)]
pub struct Pins {
    places: Arc<Semaphore>,
    /// Compared when there is no account.
    nobody: Arc<PasswordHash>,
}

impl Pins {
    /// With `at_once` places, at least one.
    ///
    /// # Errors
    /// [`PinError::Unmade`], which no input brings about.
    pub fn new(at_once: usize) -> Result<Self, PinError> {
        let nobody = Argon2::default().hash_password_with_salt(b"nobody", b"of no account at all");
        let nobody = Arc::new(nobody.map_err(|_| PinError::Unmade)?);
        Ok(Self { places: Arc::new(Semaphore::new(at_once.max(1))), nobody })
    }

    /// Whether `keyed` is what `hash` was made of; without a hash it is not, and takes as long.
    ///
    /// # Errors
    /// [`PinError::Form`], [`PinError::Dear`], or at `deadline` [`PinError::Late`].
    pub async fn matches(
        &self,
        hash: Option<Secret<Arc<str>>>,
        keyed: Secret<Arc<str>>,
        deadline: Instant,
    ) -> Result<bool, PinError> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => Arc::new(read(&hash)?),
            None => Arc::clone(&self.nobody),
        };
        let place = timeout_at(deadline, Arc::clone(&self.places).acquire_owned());
        let place = place.await.map_err(|_| PinError::Late)?.map_err(|_| PinError::Late)?;
        let compared = tokio::task::spawn_blocking(move || {
            // Held until the work is done, not only until nobody waits for it any more.
            let _place = place;
            Argon2::default().verify_password(keyed.expose().as_bytes(), &*hash)
        });
        match timeout_at(deadline, compared).await {
            Ok(Ok(Ok(()))) => Ok(exists),
            Ok(Ok(Err(password_hash::Error::PasswordInvalid))) => Ok(false),
            Ok(Ok(Err(_))) => Err(PinError::Form),
            Ok(Err(_)) | Err(_) => Err(PinError::Late),
        }
    }
}

/// What a system keeps of `secret`: argon2id with a salt of its own, 19 MiB and two passes (OWASP's least).
///
/// # Errors
/// [`PinError::Unmade`] without random bytes.
pub fn hash(secret: &Secret<Arc<str>>) -> Result<String, PinError> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(secret.expose().as_bytes());
    hash.map(|it| it.to_string()).map_err(|_| PinError::Unmade)
}

fn read(hash: &Secret<Arc<str>>) -> Result<PasswordHash, PinError> {
    let hash = PasswordHash::new(hash.expose()).map_err(|_| PinError::Form)?;
    let params = Params::try_from(&hash).map_err(|_| PinError::Form)?;
    let dear = params.m_cost() > MAX_MEMORY_KIB
        || params.t_cost() > MAX_PASSES
        || params.p_cost() > MAX_LANES;
    if dear { Err(PinError::Dear) } else { Ok(hash) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn secret(text: &str) -> Secret<Arc<str>> {
        Secret::new(text.into())
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[tokio::test]
    async fn a_secret_matches_its_own_hash_and_no_other() {
        let pins = Pins::new(2).unwrap();
        let hashed = hash(&secret("123456")).unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hashed, hash(&secret("123456")).unwrap(), "each has a salt of its own");
        for (kept, keyed, expected) in [
            (Some(&*hashed), "123456", true),
            (Some(&*hashed), "123457", false),
            (Some(&*hashed), "", false),
            (None, "123456", false),
            // Whoever guesses what the account of nobody is made of is still nobody.
            (None, "nobody", false),
        ] {
            let matches = pins.matches(kept.map(secret), secret(keyed), soon()).await;
            assert_eq!(matches, Ok(expected), "{kept:?} {keyed}");
        }
    }

    #[tokio::test]
    async fn what_is_no_hash_or_too_dear_is_a_failure_and_no_verdict() {
        let pins = Pins::new(1).unwrap();
        let salt_and_hash = "c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (kept, expected) in [
            ("123456".to_owned(), PinError::Form),
            (String::new(), PinError::Form),
            ("$2b$12$abcdefghijklmnopqrstuu".to_owned(), PinError::Form),
            (format!("$argon2id$v=19$m=4194304,t=2,p=1${salt_and_hash}"), PinError::Dear),
            (format!("$argon2id$v=19$m=19456,t=1000,p=1${salt_and_hash}"), PinError::Dear),
        ] {
            let matches = pins.matches(Some(secret(&kept)), secret("123456"), soon()).await;
            assert_eq!(matches, Err(expected), "{kept}");
        }
    }

    #[tokio::test]
    async fn without_a_place_nobody_waits_longer_than_their_time() {
        let pins = Pins::new(1).unwrap();
        let taken = Arc::clone(&pins.places).acquire_owned().await.unwrap();
        let now = Instant::now();
        assert_eq!(pins.matches(None, secret("1"), now).await, Err(PinError::Late));
        drop(taken);
        assert_eq!(pins.matches(None, secret("1"), soon()).await, Ok(false));
    }
}
