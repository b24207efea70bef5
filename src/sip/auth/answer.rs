//! We are asked who we are: proofs for a 401 or 407, counted per nonce (RFC 3261 22, RFC 7616 3.3, RFC 8760 2.4).

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::Rng;

use super::digest::{Algorithm, Exchange};
use crate::sip::endpoint::Login;
use crate::sip::message::{Challenge, Credentials, Method, Name, Value};

/// What one leg or registration knows of those who ask it: at most [`MOST`] realms.
#[derive(Debug, Default)]
pub(crate) struct Answerer {
    login: Option<Login>,
    asked: Vec<Asked>,
}

/// The last challenge of one realm.
#[derive(Debug)]
struct Asked {
    by_proxy: bool,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// As the challenge wrote it; some compare.
    algorithm_name: Option<String>,
    /// Whether `qop=auth` is offered; without it the older form of RFC 2069.
    has_auth: bool,
    count: u32,
}

/// Realms answered at once: our own server's and a proxy or two on the way.
const MOST: usize = 4;

impl Answerer {
    pub(crate) const fn new(login: Option<Login>) -> Self {
        Self { login, asked: Vec::new() }
    }

    /// Takes note of the challenges of a 401 or 407. Whether asking again with [`Answerer::proofs`] makes sense: we
    /// have a password, can do one of the algorithms, and have not answered that very nonce before.
    pub(crate) fn take(&mut self, by_proxy: bool, challenges: &[Challenge]) -> bool {
        if self.login.is_none() {
            return false;
        }
        let mut is_new = false;
        let mut realms: Vec<&str> = Vec::new();
        for challenge in challenges {
            let Some(asked) = Asked::read(by_proxy, challenge) else { continue };
            let realm = challenge.get("realm").unwrap_or_default();
            // RFC 8760 2.4: of several for one realm, the first that we can do.
            if realms.contains(&realm) {
                continue;
            }
            realms.push(realm);
            let known =
                self.asked.iter().position(|it| it.by_proxy == by_proxy && it.realm == realm);
            if let Some(known) = known {
                if self.asked.get(known).is_some_and(|it| it.nonce == asked.nonce) {
                    continue;
                }
                self.asked.remove(known);
            }
            if self.asked.len() < MOST {
                is_new = true;
                self.asked.push(asked);
            }
        }
        is_new
    }

    /// Header lines that prove who we are, to everybody who has asked so far. `uri` is the Request-URI.
    pub(crate) fn proofs(
        &mut self,
        method: &Method,
        uri: &str,
        rng: &mut ChaCha12Rng,
    ) -> Vec<(Name, Credentials)> {
        let Some(login) = &self.login else { return Vec::new() };
        self.asked.iter_mut().map(|asked| asked.proof(login, method, uri, rng)).collect()
    }
}

impl Asked {
    fn read(by_proxy: bool, challenge: &Challenge) -> Option<Self> {
        let algorithm_name = challenge.get("algorithm");
        let algorithm = Algorithm::from_name(algorithm_name)?;
        let has_auth = challenge.qop().any(|qop| qop.eq_ignore_ascii_case("auth"));
        // Whoever wants `auth-int` only does not get less.
        let can_be_answered =
            challenge.is_digest() && (has_auth || challenge.qop().next().is_none());
        can_be_answered.then_some(Self {
            by_proxy,
            realm: challenge.get("realm")?.to_owned(),
            nonce: challenge.get("nonce")?.to_owned(),
            opaque: challenge.get("opaque").map(str::to_owned),
            algorithm,
            algorithm_name: algorithm_name.map(str::to_owned),
            has_auth,
            count: 0,
        })
    }

    fn proof(
        &mut self,
        login: &Login,
        method: &Method,
        uri: &str,
        rng: &mut ChaCha12Rng,
    ) -> (Name, Credentials) {
        self.count = self.count.saturating_add(1);
        let cnonce = self.has_auth.then(|| format!("{:016x}", rng.next_u64()));
        let exchange = Exchange {
            algorithm: self.algorithm,
            user: &login.user,
            realm: &self.realm,
            nonce: &self.nonce,
            method: method.as_str(),
            uri,
            counted: cnonce.as_deref().map(|cnonce| (self.count, cnonce)),
        };
        let response = exchange.response(&login.password);
        let mut credentials = Credentials::digest();
        let mut quoted =
            |name: &str, text: &str| credentials.fields.push(name, Some(Value::quoted(text)));
        quoted("username", &login.user);
        quoted("realm", &self.realm);
        quoted("nonce", &self.nonce);
        quoted("uri", uri);
        quoted("response", &response);
        if let Some(opaque) = &self.opaque {
            quoted("opaque", opaque);
        }
        if let Some(cnonce) = &cnonce {
            quoted("cnonce", cnonce);
            credentials.fields.set("qop", "auth");
            credentials.fields.set("nc", format!("{:08x}", self.count));
        }
        if let Some(algorithm) = &self.algorithm_name {
            credentials.fields.set("algorithm", algorithm.as_str());
        }
        let name = if self.by_proxy { Name::ProxyAuthorization } else { Name::Authorization };
        (name, credentials)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::secret::Secret;

    fn challenge(realm: &str, nonce: &str, algorithm: &str, qop: Option<&str>) -> Challenge {
        let mut challenge = Challenge::digest(realm, nonce);
        challenge.fields.set("algorithm", algorithm);
        if let Some(qop) = qop {
            challenge.fields.push("qop", Some(Value::quoted(qop)));
        }
        challenge
    }

    fn answerer() -> Answerer {
        let password = Secret::new("Circle of Life".to_owned());
        Answerer::new(Some(Login { user: "Mufasa".to_owned(), password }))
    }

    fn proofs(answerer: &mut Answerer) -> Vec<(Name, Credentials)> {
        answerer.proofs(&Method::Register, "sip:a", &mut ChaCha12Rng::seed_from_u64(1))
    }

    #[test]
    fn the_first_algorithm_that_we_can_do_is_taken() {
        let mut answerer = answerer();
        let offered = ["AKAv1-MD5", "SHA-256", "MD5"]
            .map(|name| challenge("a", "n", name, Some("auth-int,auth")));
        assert!(answerer.take(false, &offered));
        let proofs = proofs(&mut answerer);
        assert_eq!(proofs.len(), 1);
        assert_eq!(proofs[0].0, Name::Authorization);
        assert_eq!(proofs[0].1.get("algorithm"), Some("SHA-256"));
        assert_eq!(proofs[0].1.get("response").unwrap().len(), 64);
    }

    #[test]
    fn a_nonce_is_counted_in_hex_and_a_new_one_starts_anew() {
        let mut answerer = answerer();
        assert!(answerer.take(true, &[challenge("a", "one", "MD5", Some("auth"))]));
        for count in 1..=17 {
            let proofs = proofs(&mut answerer);
            assert_eq!(proofs[0].0, Name::ProxyAuthorization);
            assert_eq!(proofs[0].1.get("nc"), Some(format!("{count:08x}").as_str()));
        }
        assert!(answerer.take(true, &[challenge("a", "two", "MD5", Some("auth"))]));
        assert_eq!(proofs(&mut answerer)[0].1.nonce_count(), Some(1));
    }

    #[test]
    fn the_same_nonce_again_means_that_the_password_is_wrong() {
        let mut answerer = answerer();
        let offered = [challenge("a", "n", "MD5", None)];
        assert!(answerer.take(false, &offered));
        assert_eq!(proofs(&mut answerer)[0].1.get("nc"), None);
        assert!(!answerer.take(false, &offered));
    }

    #[test]
    fn what_cannot_be_answered_is_not_answered() {
        assert!(!answerer().take(false, &[challenge("a", "n", "SHA-512-256", Some("auth"))]));
        assert!(!answerer().take(false, &[challenge("a", "n", "MD5", Some("auth-int"))]));
        assert!(!Answerer::default().take(false, &[challenge("a", "n", "MD5", None)]));
    }
}
