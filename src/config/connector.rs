//! What lookups may ask: a database, or a system over HTTP.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::Deserializer;
use url::{Host, Url};

use super::Config;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::secret::Secret;

/// Names and values that go with each question.
pub type Headers = IndexMap<Arc<str>, Secret<Arc<str>>>;

/// One thing that lookups may ask: `sqlite`, or `http`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connector {
    /// An SQLite database, relative to the data directory.
    pub sqlite: Option<PathBuf>,
    /// SQL that makes the database when it is not there yet.
    pub create: Option<PathBuf>,
    /// The address of a system that is asked over HTTP: what a lookup's path goes below.
    pub http: Option<Arc<str>>,
    /// Sent with each question. Any of them may be a key: none is ever shown.
    #[serde(deserialize_with = "hidden")]
    pub headers: Headers,
    /// How the system knows us: a token (RFC 6750).
    #[serde(deserialize_with = "super::secret")]
    pub bearer: Option<Secret<Arc<str>>>,
    /// Or a name and a password (RFC 7617).
    pub basic: Option<Basic>,
    /// What `check --online` asks for: `/healthz`.
    pub health: Option<Arc<str>>,
    /// How many questions run at once, 1..=64: 4 of a database, 8 over HTTP unless written.
    pub connections: Option<u32>,
}

/// A name and a password.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The name.
    pub user: Arc<str>,
    /// The password.
    #[serde(deserialize_with = "super::some_secret")]
    pub password: Secret<Arc<str>>,
}

/// A connector with all that it takes.
#[derive(Debug, Clone)]
pub enum System {
    /// A database.
    Sqlite {
        /// Its file.
        file: PathBuf,
        /// SQL that makes it.
        create: Option<PathBuf>,
        /// How many queries run at once.
        connections: u32,
    },
    /// A system over HTTP.
    Http {
        /// Without `/` at its end.
        address: Arc<str>,
        /// How many questions run at once.
        connections: u32,
    },
}

/// What keeps one from being asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Neither, or both.
    #[error("it has `sqlite` or `http`, one of them")]
    Ways,
    /// A field of the other way.
    #[error("`{0}` belongs to the other way of asking")]
    Strange(&'static str),
    /// No address.
    #[error("`http` is no address such as https://crm.example.com/api")]
    Address,
    /// A name or password in it, which would stand in logs.
    #[error("`http` has a name or password in it")]
    Userinfo,
    /// Nothing that goes below the address.
    #[error("`health` is a path such as /healthz")]
    Health,
    /// Too few or too many.
    #[error("`connections` is a number from 1 to 64")]
    Connections,
    /// Two ways to be known.
    #[error("it has `bearer` or `basic`, not both")]
    Logins,
    /// A header that is none.
    #[error("`{0}` is no header")]
    HeaderName(Arc<str>),
    /// A header that this server writes itself.
    #[error("the header `{0}` is written by the server itself")]
    OwnHeader(Arc<str>),
    /// A value that no header may have.
    #[error("`{0}` has signs that no header may have")]
    HeaderValue(Arc<str>),
    /// A key or password in the clear on a line that others share.
    #[error("`{0}` would go over the network in the clear")]
    Clear(Arc<str>),
    /// A key that stands in documents.
    #[error("`{0}` stands in the documents: everybody knows it")]
    Demo(&'static str),
}

impl Connector {
    /// All that it takes.
    ///
    /// # Errors
    /// [`Unusable`]; never with what was written, but for headers' names.
    pub fn system(&self) -> Result<System, Unusable> {
        let connections = |usual: u32| {
            let written = self.connections.unwrap_or(usual);
            if (1..=64).contains(&written) { Ok(written) } else { Err(Unusable::Connections) }
        };
        match (&self.sqlite, &self.http) {
            (Some(file), None) => {
                let strange = [
                    ("headers", !self.headers.is_empty()),
                    ("bearer", self.bearer.is_some()),
                    ("basic", self.basic.is_some()),
                    ("health", self.health.is_some()),
                ];
                if let Some((name, _)) = strange.into_iter().find(|(_, written)| *written) {
                    return Err(Unusable::Strange(name));
                }
                let (file, create) = (file.clone(), self.create.clone());
                Ok(System::Sqlite { file, create, connections: connections(4)? })
            }
            (None, Some(address)) => {
                if self.create.is_some() {
                    return Err(Unusable::Strange("create"));
                }
                let url = read(address)?;
                self.health_of()?;
                self.known()?;
                let is_home = is_this_machine(&url);
                if url.scheme() == "http" && !is_home {
                    self.clear()?;
                }
                self.demo(is_home)?;
                let address = url.as_str().trim_end_matches('/').into();
                Ok(System::Http { address, connections: connections(8)? })
            }
            (Some(_), Some(_)) | (None, None) => Err(Unusable::Ways),
        }
    }

    /// Whether whoever listens on the way can read along.
    #[must_use]
    pub fn is_in_the_clear(&self) -> bool {
        let url = self.http.as_deref().and_then(|it| read(it).ok());
        url.is_some_and(|url| url.scheme() == "http" && !is_this_machine(&url))
    }

    fn health_of(&self) -> Result<(), Unusable> {
        let plain = |it: &str| {
            it.starts_with('/')
                && it.bytes().all(|it| it.is_ascii_graphic() && !matches!(it, b'#' | b'\\'))
        };
        if self.health.as_deref().is_none_or(plain) { Ok(()) } else { Err(Unusable::Health) }
    }

    /// Headers, token, name and password can be sent.
    fn known(&self) -> Result<(), Unusable> {
        for (name, value) in &self.headers {
            // RFC 9110 5.6.2: a token.
            let token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
            if name.is_empty() || !name.bytes().all(token) {
                return Err(Unusable::HeaderName(Arc::clone(name)));
            }
            let own = OWN_HEADERS.iter().any(|it| name.eq_ignore_ascii_case(it));
            let authorization = name.eq_ignore_ascii_case("authorization");
            if own || authorization && (self.bearer.is_some() || self.basic.is_some()) {
                return Err(Unusable::OwnHeader(Arc::clone(name)));
            }
            if !can_be_sent(value) {
                return Err(Unusable::HeaderValue(Arc::clone(name)));
            }
        }
        match (&self.bearer, &self.basic) {
            (Some(_), Some(_)) => Err(Unusable::Logins),
            (Some(token), None) if !can_be_sent(token) => {
                Err(Unusable::HeaderValue("bearer".into()))
            }
            // RFC 7617 2: the name has no colon.
            (None, Some(it)) if it.user.contains(':') => Err(Unusable::HeaderValue("user".into())),
            (Some(_) | None, None) | (None, Some(_)) => Ok(()),
        }
    }

    fn clear(&self) -> Result<(), Unusable> {
        let secret = |name: &Arc<str>| {
            let name = name.to_ascii_lowercase();
            SECRET_NAMES.iter().any(|it| name.contains(it))
        };
        if self.bearer.is_some() {
            return Err(Unusable::Clear("bearer".into()));
        }
        if self.basic.is_some() {
            return Err(Unusable::Clear("basic".into()));
        }
        match self.headers.keys().find(|it| secret(it)) {
            Some(name) => Err(Unusable::Clear(Arc::clone(name))),
            None => Ok(()),
        }
    }

    /// Keys of the documents are for this machine.
    fn demo(&self, is_home: bool) -> Result<(), Unusable> {
        let password = self.basic.as_ref().map(|it| &it.password);
        for (name, secret) in [("bearer", self.bearer.as_ref()), ("password", password)] {
            if !is_home && secret.is_some_and(super::is_demo) {
                return Err(Unusable::Demo(name));
            }
        }
        Ok(())
    }
}

/// What no `headers` may say, because the server does.
const OWN_HEADERS: [&str; 10] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "te",
    "transfer-encoding",
    "upgrade",
];
/// What headers are called whose values open something.
const SECRET_NAMES: [&str; 7] = ["auth", "cookie", "key", "pass", "secret", "sign", "token"];

/// HL0910 to HL0913: a connector that could not be asked, or only at the price of its secrets.
pub(super) fn check(config: &Config, file: FileId, found: &mut Vec<Diagnostic>) {
    for (name, it) in &config.connectors {
        let Err(unusable) = it.system() else { continue };
        let (code, help) = match unusable {
            Unusable::Clear(_) => {
                ("HL0911", "let the address begin with `https://`, or ask a system on this machine")
            }
            Unusable::HeaderName(_)
            | Unusable::OwnHeader(_)
            | Unusable::HeaderValue(_)
            | Unusable::Logins => (
                "HL0912",
                "write `headers: { X-Api-Version: \"2\" }`, and `bearer: …` or `basic: { user: …, password: … }`",
            ),
            Unusable::Demo(_) => ("HL0913", "write the one that the system gave you"),
            Unusable::Ways
            | Unusable::Strange(_)
            | Unusable::Address
            | Unusable::Userinfo
            | Unusable::Health
            | Unusable::Connections => (
                "HL0910",
                "write `{ sqlite: shop.db, create: shop.sql }` or `{ http: \"https://crm.example.com/api\", health: /healthz }`",
            ),
        };
        let says = format!("`connectors.{name}`: {unusable}");
        found.push(Diagnostic::error(code, Span::new(file, 0, 0), says).help(help.to_owned()));
    }
}

/// An address that paths can go below.
fn read(address: &str) -> Result<Url, Unusable> {
    let url = Url::parse(address).map_err(|_| Unusable::Address)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unusable::Userinfo);
    }
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err(Unusable::Address) }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// Printable, as RFC 9110 5.5 has it, without what a header would end with.
fn can_be_sent(value: &Secret<Arc<str>>) -> bool {
    let value = value.expose();
    !value.is_empty() && value.bytes().all(|it| it == b' ' || it.is_ascii_graphic())
}

/// Headers whose values nobody sees.
fn hidden<'de, D: Deserializer<'de>>(from: D) -> Result<Headers, D::Error> {
    let headers = IndexMap::<Arc<str>, Arc<str>>::deserialize(from)?;
    Ok(headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_is_complete_or_says_what_is_wrong() {
        use Unusable as U;
        #[rustfmt::skip]
        let table = [
            ("{ sqlite: shop.db, create: shop.sql, connections: 4 }",                 None),
            ("{ http: 'https://crm.example.com/api/', bearer: t0k3n, health: /healthz }", None),
            ("{ http: 'https://crm.example.com', basic: { user: u, password: p }, headers: { X-Version: 2 } }", None),
            ("{ http: 'http://127.0.0.1:9090/', bearer: demo-crm }",                  None),
            ("{ http: 'http://[::1]:9090', headers: { X-Api-Key: k } }",              None),
            ("{ http: 'http://localhost', basic: { user: u, password: p } }",         None),
            ("{ http: 'http://crm.lan', headers: { Accept-Language: zh } }",          None),
            ("{}",                                                                    Some(U::Ways)),
            ("{ sqlite: a, http: 'https://b' }",                                      Some(U::Ways)),
            ("{ sqlite: a, bearer: b }",                                              Some(U::Strange("bearer"))),
            ("{ sqlite: a, health: /b }",                                             Some(U::Strange("health"))),
            ("{ http: 'https://b', create: a.sql }",                                  Some(U::Strange("create"))),
            ("{ http: crm.example.com }",                                             Some(U::Address)),
            ("{ http: 'ftp://crm.example.com' }",                                     Some(U::Address)),
            ("{ http: 'https://crm.example.com/?key=1' }",                            Some(U::Address)),
            ("{ http: 'https://u:p@crm.example.com' }",                               Some(U::Userinfo)),
            ("{ http: 'https://crm.example.com', health: healthz }",                  Some(U::Health)),
            ("{ http: 'https://crm.example.com', connections: 0 }",                   Some(U::Connections)),
            ("{ sqlite: a, connections: 65 }",                                        Some(U::Connections)),
            ("{ http: 'https://c', bearer: a, basic: { user: u, password: p } }",     Some(U::Logins)),
            ("{ http: 'https://c', bearer: \"a\\nb\" }",                              Some(U::HeaderValue("bearer".into()))),
            ("{ http: 'https://c', basic: { user: 'u:v', password: p } }",            Some(U::HeaderValue("user".into()))),
            ("{ http: 'https://c', headers: { 'X Y': a } }",                          Some(U::HeaderName("X Y".into()))),
            ("{ http: 'https://c', headers: { X: \"a\\r\\nEvil: 1\" } }",             Some(U::HeaderValue("X".into()))),
            ("{ http: 'https://c', headers: { Content-Type: text/plain } }",          Some(U::OwnHeader("Content-Type".into()))),
            ("{ http: 'https://c', headers: { Authorization: a }, bearer: b }",       Some(U::OwnHeader("Authorization".into()))),
            ("{ http: 'http://crm.lan', bearer: a }",                                 Some(U::Clear("bearer".into()))),
            ("{ http: 'http://crm.lan', basic: { user: u, password: p } }",           Some(U::Clear("basic".into()))),
            ("{ http: 'http://10.0.0.7', headers: { X-Api-Key: k } }",                Some(U::Clear("X-Api-Key".into()))),
            ("{ http: 'https://crm.example.com', bearer: demo-crm }",                 Some(U::Demo("bearer"))),
            ("{ http: 'https://c', basic: { user: u, password: demo-crm } }",         Some(U::Demo("password"))),
        ];
        for (text, expected) in table {
            let connector: Connector = serde_yaml::from_str(text).unwrap();
            assert_eq!(connector.system().err(), expected, "{text}");
        }
    }

    #[test]
    fn paths_go_below_the_address_with_one_slash() {
        for (http, expected) in [
            ("https://crm.example.com/api/", "https://crm.example.com/api"),
            ("https://crm.example.com", "https://crm.example.com"),
            ("HTTPS://CRM.example.com:443/a", "https://crm.example.com/a"),
        ] {
            let connector = Connector { http: Some(http.into()), ..Connector::default() };
            let Ok(System::Http { address, .. }) = connector.system() else { panic!("{http}") };
            assert_eq!(&*address, expected);
        }
    }

    #[test]
    fn no_debug_print_shows_a_secret() {
        let text = "{ http: 'https://c', headers: { X-Api-Key: k4711 }, basic: { user: u, password: p4711 } }";
        let connector: Connector = serde_yaml::from_str(text).unwrap();
        assert!(!format!("{connector:?}").contains("4711"), "{connector:?}");
    }
}
