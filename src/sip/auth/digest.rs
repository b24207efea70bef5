//! The arithmetic of digest access authentication (RFC 2617 3.2.2, RFC 7616 3.4, RFC 8760).

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// How a digest is made. The `-sess` forms and SHA-512/256 are left out: no phone in the field asks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    /// What every phone can do.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// As a challenge names it; nothing named means MD5.
    pub(crate) fn from_name(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::Md5),
            Some(name) if name.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The hash of `parts` with colons between them, in lower-case hex.
    fn hash(self, parts: &[&str]) -> String {
        fn hex_of<D: Digest>(parts: &[&str]) -> String {
            let mut hash = D::new();
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    hash.update(b":");
                }
                hash.update(part.as_bytes());
            }
            hex::encode(hash.finalize())
        }
        match self {
            Self::Md5 => hex_of::<Md5>(parts),
            Self::Sha256 => hex_of::<Sha256>(parts),
        }
    }
}

/// What a response is computed over, beside the password.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exchange<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) user: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) method: &'a str,
    /// The `uri` parameter, to the letter.
    pub(crate) uri: &'a str,
    /// Count and client nonce of `qop=auth`; without them the older form of RFC 2069.
    pub(crate) counted: Option<(u32, &'a str)>,
}

impl Exchange<'_> {
    /// The `response` parameter.
    pub(crate) fn response(&self, password: &Secret<String>) -> String {
        let hash = |parts: &[&str]| self.algorithm.hash(parts);
        let who = hash(&[self.user, self.realm, password.expose()]);
        let what = hash(&[self.method, self.uri]);
        match self.counted {
            Some((count, cnonce)) => {
                hash(&[&who, self.nonce, &format!("{count:08x}"), cnonce, "auth", &what])
            }
            None => hash(&[&who, self.nonce, &what]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfcs_come_out_right() {
        let rfc7616 = Exchange {
            algorithm: Algorithm::Sha256,
            user: "Mufasa",
            realm: "http-auth@example.org",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            method: "GET",
            uri: "/dir/index.html",
            counted: Some((1, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
        };
        let password = Secret::new("Circle of Life".to_owned());
        assert_eq!(
            rfc7616.response(&password),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
        assert_eq!(
            Exchange { algorithm: Algorithm::Md5, ..rfc7616 }.response(&password),
            "8ca523f5e9506fed4657c9700eebdbec"
        );

        let rfc2617 = Exchange {
            algorithm: Algorithm::Md5,
            user: "Mufasa",
            realm: "testrealm@host.com",
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            method: "GET",
            uri: "/dir/index.html",
            counted: Some((1, "0a4f113b")),
        };
        let password = Secret::new("Circle Of Life".to_owned());
        assert_eq!(rfc2617.response(&password), "6629fae49393a05397450978507c4ef1");
        // RFC 2069's form of the same (its erratum's value).
        assert_eq!(
            Exchange { counted: None, ..rfc2617 }.response(&password),
            "670fd8c2df070c60b045671b8b24ff02"
        );
    }

    #[test]
    fn the_count_is_eight_hex_digits() {
        let at = |count| {
            Exchange {
                algorithm: Algorithm::Md5,
                user: "a",
                realm: "r",
                nonce: "n",
                method: "REGISTER",
                uri: "sip:r",
                counted: Some((count, "c")),
            }
            .response(&Secret::new("p".to_owned()))
        };
        let by_hand = |nc: &str| {
            let who = Algorithm::Md5.hash(&["a", "r", "p"]);
            let what = Algorithm::Md5.hash(&["REGISTER", "sip:r"]);
            Algorithm::Md5.hash(&[&who, "n", nc, "c", "auth", &what])
        };
        assert_eq!((at(10), at(256)), (by_hand("0000000a"), by_hand("00000100")));
    }

    #[test]
    fn an_unknown_algorithm_is_not_taken_for_md5() {
        assert_eq!(Algorithm::from_name(None), Some(Algorithm::Md5));
        assert_eq!(Algorithm::from_name(Some("sha-256")), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::from_name(Some("MD5-sess")), None);
    }
}
