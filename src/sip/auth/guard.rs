//! We ask who somebody is: challenges, nonces and their counts, lock-outs.
//!
//! Nobody learns here whether a user exists: an unknown one is challenged, hashed, counted and refused like any other.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng;
use subtle::ConstantTimeEq;

use super::digest::{Algorithm, Exchange};
use crate::secret::Secret;
use crate::sip::endpoint::{Account, DigestRules};
use crate::time::Mono;

/// What somebody says to prove who they are: the parameters of an Authorization header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof<'a> {
    pub(crate) user: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) response: &'a str,
    pub(crate) algorithm: Option<&'a str>,
    /// `nc` (hexadecimal in the header) and `cnonce`, where `qop=auth`.
    pub(crate) counted: Option<(u32, &'a str)>,
}

/// What we think of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are this account's owner.
    Known(String),
    /// They have said nothing (that we asked), or used a nonce that is not good any more.
    Ask { stale: bool },
    /// They do not know the password.
    Failed { failures: u32, locked_out: bool },
    /// They failed too often lately, and are not listened to.
    LockedOut,
}

/// Everything we remember of it.
#[derive(Debug)]
pub(crate) struct Guard {
    realm: String,
    rules: DigestRules,
    accounts: HashMap<String, Secret<String>>,
    nonces: HashMap<String, Nonce>,
    /// In the order they were made; never longer than `rules.nonces`.
    made: VecDeque<String>,
    suspects: HashMap<(String, IpAddr), Suspect>,
    /// In the order they first failed; never longer than `rules.suspects`.
    suspected: VecDeque<(String, IpAddr)>,
}

#[derive(Debug)]
struct Nonce {
    until: Mono,
    /// The highest count used so far. RFC 7616 3.4: a count comes once.
    count: u32,
}

#[derive(Debug)]
struct Suspect {
    failures: u32,
    last: Mono,
}

impl Guard {
    pub(crate) fn new(realm: String, rules: DigestRules) -> Self {
        Self {
            realm,
            rules,
            accounts: HashMap::new(),
            nonces: HashMap::new(),
            made: VecDeque::new(),
            suspects: HashMap::new(),
            suspected: VecDeque::new(),
        }
    }

    /// Replaces all accounts.
    pub(crate) fn set_accounts(&mut self, accounts: impl IntoIterator<Item = Account>) {
        self.accounts =
            accounts.into_iter().map(|account| (account.user, account.password)).collect();
    }

    pub(crate) fn realm(&self) -> &str {
        &self.realm
    }

    /// A fresh nonce, 128 bits of it.
    pub(crate) fn nonce(&mut self, now: Mono, rng: &mut ChaCha12Rng) -> String {
        while self.made.len() >= self.rules.nonces.max(1) {
            if let Some(oldest) = self.made.pop_front() {
                self.nonces.remove(&oldest);
            }
        }
        while let Some(oldest) = self.made.front()
            && self.nonces.get(oldest).is_none_or(|nonce| nonce.until <= now)
        {
            self.nonces.remove(oldest);
            self.made.pop_front();
        }
        let nonce = format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
        self.nonces.insert(nonce.clone(), Nonce { until: now + self.rules.nonce_life, count: 0 });
        self.made.push_back(nonce.clone());
        debug_assert!(self.made.len() == self.nonces.len());
        nonce
    }

    /// Judges `proof` of somebody at `source` for a request with `method`.
    ///
    /// The `uri` parameter is hashed as it came and not compared with the Request-URI: proxies rewrite that one, some
    /// phones leave out the user part, and a count that comes once stops replay.
    pub(crate) fn check(
        &mut self,
        now: Mono,
        source: IpAddr,
        method: &str,
        proof: Option<Proof<'_>>,
    ) -> Verdict {
        let Some(proof) = proof.filter(|proof| proof.realm == self.realm) else {
            return Verdict::Ask { stale: false };
        };
        let Some(algorithm) = Algorithm::from_name(proof.algorithm) else {
            return Verdict::Ask { stale: false };
        };
        let suspect = (clipped(proof.user), source);
        if self.is_locked_out(now, &suspect) {
            return Verdict::LockedOut;
        }
        match self.nonces.get(proof.nonce) {
            Some(nonce) if nonce.until > now && is_fresh(nonce.count, proof.counted) => {}
            Some(_) | None => return Verdict::Ask { stale: true },
        }
        let nobodys = Secret::new(String::new());
        let account = self.accounts.get(proof.user);
        let exchange = Exchange {
            algorithm,
            user: proof.user,
            realm: proof.realm,
            nonce: proof.nonce,
            method,
            uri: proof.uri,
            counted: proof.counted,
        };
        let expected = exchange.response(account.unwrap_or(&nobodys));
        let given = proof.response.to_ascii_lowercase();
        let is_right = bool::from(expected.as_bytes().ct_eq(given.as_bytes())) & account.is_some();
        if !is_right {
            return self.failed(now, suspect);
        }
        if let Some(nonce) = self.nonces.get_mut(proof.nonce) {
            nonce.count = proof.counted.map_or(u32::MAX, |(count, _)| count);
        }
        if let Some(it) = self.suspects.get_mut(&suspect) {
            it.failures = 0; // it keeps its place in the queue of those that make room
        }
        Verdict::Known(proof.user.to_owned())
    }

    fn is_locked_out(&self, now: Mono, suspect: &(String, IpAddr)) -> bool {
        self.suspects.get(suspect).is_some_and(|it| {
            it.failures >= self.rules.failures && now.since(it.last) < self.rules.lock_out
        })
    }

    fn failed(&mut self, now: Mono, suspect: (String, IpAddr)) -> Verdict {
        if !self.suspects.contains_key(&suspect) {
            while self.suspected.len() >= self.rules.suspects.max(1) {
                if let Some(oldest) = self.suspected.pop_front() {
                    self.suspects.remove(&oldest);
                }
            }
            self.suspected.push_back(suspect.clone());
        }
        let it = self.suspects.entry(suspect).or_insert(Suspect { failures: 0, last: now });
        if it.failures >= self.rules.failures {
            it.failures = 0; // a lock-out is over, or they could not have come this far
        }
        it.failures += 1;
        it.last = now;
        Verdict::Failed { failures: it.failures, locked_out: it.failures >= self.rules.failures }
    }
}

/// A count is good once, and a nonce without a count is good once.
fn is_fresh(used: u32, counted: Option<(u32, &str)>) -> bool {
    match counted {
        Some((count, _)) => count > used,
        None => used == 0,
    }
}

/// As much of a claimed name as is worth remembering: 64 bytes.
pub(crate) fn clipped(user: &str) -> String {
    let end = (0..=user.len().min(64)).rev().find(|&end| user.is_char_boundary(end)).unwrap_or(0);
    user.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    struct Play {
        guard: Guard,
        rng: ChaCha12Rng,
    }

    fn at(ms: u64) -> Mono {
        Mono::from_millis(ms)
    }

    impl Play {
        fn new(rules: DigestRules) -> Self {
            let mut guard = Guard::new("hotline".to_owned(), rules);
            guard.set_accounts([Account {
                user: "8001".to_owned(),
                password: Secret::new("korn".to_owned()),
            }]);
            Self { guard, rng: ChaCha12Rng::seed_from_u64(7) }
        }

        fn nonce(&mut self, ms: u64) -> String {
            self.guard.nonce(at(ms), &mut self.rng)
        }

        fn check(
            &mut self,
            ms: u64,
            user: &str,
            password: &str,
            nonce: &str,
            count: Option<u32>,
        ) -> Verdict {
            let exchange = Exchange {
                algorithm: Algorithm::Sha256,
                user,
                realm: "hotline",
                nonce,
                method: "REGISTER",
                uri: "sip:hotline",
                counted: count.map(|count| (count, "abc")),
            };
            let response = exchange.response(&Secret::new(password.to_owned()));
            let proof = Proof {
                user,
                realm: "hotline",
                nonce,
                uri: "sip:hotline",
                response: &response,
                algorithm: Some("SHA-256"),
                counted: exchange.counted,
            };
            self.guard.check(at(ms), IpAddr::from([127, 0, 0, 1]), "REGISTER", Some(proof))
        }
    }

    fn known() -> Verdict {
        Verdict::Known("8001".to_owned())
    }

    const STALE: Verdict = Verdict::Ask { stale: true };

    #[test]
    fn counts_beyond_nine_and_two_hundred_fifty_five_are_good_and_each_is_good_once() {
        let mut play = Play::new(DigestRules::default());
        let nonce = play.nonce(0);
        for count in [1, 9, 10, 16, 255, 256, 4_096, u32::MAX] {
            assert_eq!(play.check(1, "8001", "korn", &nonce, Some(count)), known(), "{count}");
            assert_eq!(play.check(1, "8001", "korn", &nonce, Some(count)), STALE, "{count} again");
        }
    }

    #[test]
    fn a_nonce_without_a_count_is_good_once() {
        let mut play = Play::new(DigestRules::default());
        let nonce = play.nonce(0);
        assert_eq!(play.check(1, "8001", "korn", &nonce, None), known());
        assert_eq!(play.check(2, "8001", "korn", &nonce, None), STALE);
        assert_eq!(play.check(3, "8001", "korn", &nonce, Some(1)), STALE);
    }

    #[test]
    fn an_old_or_foreign_nonce_is_stale() {
        let mut play = Play::new(DigestRules::default());
        let nonce = play.nonce(0);
        assert_eq!(play.check(299_999, "8001", "korn", &nonce, Some(1)), known());
        assert_eq!(play.check(300_000, "8001", "korn", &nonce, Some(2)), STALE);
        assert_eq!(play.check(300_000, "8001", "korn", "made-up", Some(1)), STALE);
    }

    #[test]
    fn an_unknown_user_is_refused_exactly_like_a_wrong_password() {
        let mut play = Play::new(DigestRules { failures: 2, ..DigestRules::default() });
        let nonce = play.nonce(0);
        for user in ["8001", "nobody"] {
            let failed = |failures, locked_out| Verdict::Failed { failures, locked_out };
            assert_eq!(play.check(1, user, "wrong", &nonce, Some(1)), failed(1, false), "{user}");
            assert_eq!(play.check(2, user, "", &nonce, Some(2)), failed(2, true), "{user}");
            assert_eq!(play.check(3, user, "korn", &nonce, Some(3)), Verdict::LockedOut, "{user}");
        }
    }

    #[test]
    fn a_lock_out_ends_and_success_forgets_the_failures() {
        let mut play = Play::new(DigestRules { failures: 2, ..DigestRules::default() });
        let nonce = play.nonce(0);
        play.check(0, "8001", "wrong", &nonce, Some(1));
        play.check(0, "8001", "wrong", &nonce, Some(1));
        assert_eq!(play.check(59_999, "8001", "korn", &nonce, Some(1)), Verdict::LockedOut);
        assert_eq!(play.check(60_000, "8001", "korn", &nonce, Some(1)), known());
        let again = Verdict::Failed { failures: 1, locked_out: false };
        assert_eq!(play.check(60_001, "8001", "wrong", &nonce, Some(2)), again);
    }

    #[test]
    fn nonces_and_suspects_are_bounded() {
        let rules = DigestRules {
            nonces: 3,
            suspects: 2,
            nonce_life: Duration::from_secs(9),
            ..DigestRules::default()
        };
        let mut play = Play::new(rules);
        let first = play.nonce(0);
        let nonces: Vec<_> = (0..3).map(|_| play.nonce(0)).collect();
        assert_eq!(play.check(1, "8001", "korn", &first, Some(1)), STALE);
        for n in 0..20 {
            play.check(1, &format!("user{n}"), "x", &nonces[0], Some(1));
        }
        assert_eq!((play.guard.nonces.len(), play.guard.made.len()), (3, 3));
        assert_eq!((play.guard.suspects.len(), play.guard.suspected.len()), (2, 2));
        let late = play.nonce(9_000);
        assert_eq!(play.guard.made, [late]);
    }
}
