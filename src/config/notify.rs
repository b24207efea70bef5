//! Whom flows can tell something: a webhook, or somebody who reads mail.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::Config;
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::secret::Secret;

/// Somebody whom flows can tell something: `webhook` and `secret`, or `mail`, `from` and `smtp`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// Where it is posted, `https:` or `http:`.
    pub webhook: Option<Arc<str>>,
    /// The key of the webhook's signature.
    #[serde(deserialize_with = "super::secret")]
    pub secret: Option<Secret<Arc<str>>>,
    /// The address that mail goes to.
    pub mail: Option<Arc<str>>,
    /// The address that it comes from.
    pub from: Option<Arc<str>>,
    /// What stands above it; the flow's and the receiver's name unless written.
    pub subject: Option<Arc<str>>,
    /// The server that takes it: `mail.example.com:587`.
    pub smtp: Option<Arc<str>>,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// The name under which it is handed in.
    pub user: Option<Arc<str>>,
    /// The password of that name.
    #[serde(deserialize_with = "super::secret")]
    pub password: Option<Secret<Arc<str>>>,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// It begins in the clear and must become TLS (RFC 3207), commonly port 587.
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314), commonly port 465.
    Implicit,
    /// Not at all: only for a server on this machine or in the same rack.
    None,
}

/// Somebody whom flows can tell something, with all that it takes.
#[derive(Debug, Clone)]
pub enum Channel {
    /// Told by a POST.
    Webhook {
        /// Where.
        url: Arc<str>,
        /// The key of its signature.
        secret: Secret<Arc<str>>,
    },
    /// Told by mail.
    Mail(Mail),
}

/// Somebody told by mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address that it goes to.
    pub to: Arc<str>,
    /// The address that it comes from.
    pub from: Arc<str>,
    /// What stands above it.
    pub subject: Option<Arc<str>>,
    /// The server's name or address.
    pub host: Arc<str>,
    /// The server's port.
    pub port: u16,
    /// How the way there is encrypted.
    pub tls: MailTls,
    /// Name and password.
    pub login: Option<(Arc<str>, Secret<Arc<str>>)>,
}

/// What keeps one from being told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Neither, or both.
    #[error("it has a `webhook` or a `mail`, not both")]
    Ways,
    /// A field of the other way.
    #[error("`{0}` belongs to the other way of telling")]
    Strange(&'static str),
    /// A field that is missing.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A URL that nobody can post to.
    #[error("`webhook` is no http or https URL")]
    Url,
    /// An address that no mail goes to.
    #[error("`{0}` is no mail address")]
    Address(&'static str),
    /// No host and port.
    #[error("`smtp` is written mail.example.com:587")]
    Server,
    /// A password in the clear on a line that others share.
    #[error("the password would go over the network in the clear")]
    Clear,
}

impl Notify {
    /// All that it takes.
    ///
    /// # Errors
    /// [`Incomplete`]; never with what was written.
    pub fn channel(&self) -> Result<Channel, Incomplete> {
        match (&self.webhook, &self.mail) {
            (Some(url), None) => self.webhook_to(url),
            (None, Some(to)) => self.mail_to(to),
            (Some(_), Some(_)) | (None, None) => Err(Incomplete::Ways),
        }
    }

    fn webhook_to(&self, url: &Arc<str>) -> Result<Channel, Incomplete> {
        let strange = [
            ("from", self.from.is_some()),
            ("subject", self.subject.is_some()),
            ("smtp", self.smtp.is_some()),
            ("user", self.user.is_some()),
            ("password", self.password.is_some()),
        ];
        if let Some((name, _)) = strange.into_iter().find(|(_, written)| *written) {
            return Err(Incomplete::Strange(name));
        }
        let host = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        if host.is_none_or(|it| it.is_empty() || it.starts_with('/') || !is_plain(it)) {
            return Err(Incomplete::Url);
        }
        let secret = self.secret.clone().ok_or(Incomplete::Missing("secret"))?;
        Ok(Channel::Webhook { url: Arc::clone(url), secret })
    }

    fn mail_to(&self, to: &Arc<str>) -> Result<Channel, Incomplete> {
        if self.secret.is_some() {
            return Err(Incomplete::Strange("secret"));
        }
        let from = self.from.as_ref().ok_or(Incomplete::Missing("from"))?;
        for (name, address) in [("mail", to), ("from", from)] {
            if !is_address(address) {
                return Err(Incomplete::Address(name));
            }
        }
        let smtp = self.smtp.as_ref().ok_or(Incomplete::Missing("smtp"))?;
        let (host, port) = smtp.rsplit_once(':').ok_or(Incomplete::Server)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(Incomplete::Server)?;
        if host.is_empty() || !is_plain(host) {
            return Err(Incomplete::Server);
        }
        let login = match (&self.user, &self.password) {
            (Some(user), Some(password)) => Some((Arc::clone(user), password.clone())),
            (None, None) => None,
            (Some(_), None) => return Err(Incomplete::Missing("password")),
            (None, Some(_)) => return Err(Incomplete::Missing("user")),
        };
        if login.is_some() && self.tls == MailTls::None && !is_this_machine(host) {
            return Err(Incomplete::Clear);
        }
        Ok(Channel::Mail(Mail {
            to: Arc::clone(to),
            from: Arc::clone(from),
            subject: self.subject.clone(),
            host: host.into(),
            port,
            tls: self.tls,
            login,
        }))
    }
}

/// HL0908 and HL0909: somebody who could not be told anything, or only with a password in the clear.
pub(super) fn check(config: &Config, file: FileId, found: &mut Vec<Diagnostic>) {
    for (name, it) in &config.notify {
        let Err(incomplete) = it.channel() else { continue };
        let (code, help) = match incomplete {
            Incomplete::Clear => ("HL0909", "write `tls: starttls`, or `tls: implicit`"),
            Incomplete::Ways
            | Incomplete::Strange(_)
            | Incomplete::Missing(_)
            | Incomplete::Url
            | Incomplete::Address(_)
            | Incomplete::Server => (
                "HL0908",
                "write `{ webhook: \"https://…\", secret: … }` or `{ mail: …, from: …, smtp: \"host:587\" }`",
            ),
        };
        let says = format!("`notify.{name}`: {incomplete}");
        found.push(Diagnostic::error(code, Span::new(file, 0, 0), says).help(help.to_owned()));
    }
}

/// One `@`, something on both sides, nothing that a header could be broken by. The rest is the mail server's to judge.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= 254
        && is_plain(text)
        && parts
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|it| it.is_whitespace() || it.is_control() || matches!(it, '<' | '>' | ','))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_or_a_mailbox_is_complete_or_says_what_is_missing() {
        use Incomplete as I;
        #[rustfmt::skip]
        let table = [
            ("{ webhook: 'https://crm.example.com/x', secret: s }",                           None),
            ("{ webhook: 'http://127.0.0.1:9/x', secret: s }",                                None),
            ("{ webhook: 'ftp://crm', secret: s }",                                           Some(I::Url)),
            ("{ webhook: 'https://', secret: s }",                                            Some(I::Url)),
            ("{ webhook: 'https://crm.example.com' }",                                        Some(I::Missing("secret"))),
            ("{ webhook: 'https://crm.example.com', secret: s, smtp: 'h:25' }",               Some(I::Strange("smtp"))),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'mail.example.com:587' }",        None),
            ("{ mail: a@b.example, from: c@d.example, smtp: '[::1]:25', tls: none, user: u, password: p }", None),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:25', tls: none }",             None),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:25', tls: none, user: u, password: p }", Some(I::Clear)),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:465', tls: implicit, user: u, password: p }", None),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:25', user: u }",               Some(I::Missing("password"))),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:25', password: u }",           Some(I::Missing("user"))),
            ("{ mail: a@b.example, from: c@d.example, smtp: h }",                             Some(I::Server)),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:0' }",                         Some(I::Server)),
            ("{ mail: a@b.example, from: c@d.example }",                                      Some(I::Missing("smtp"))),
            ("{ mail: a@b.example, smtp: 'h:25' }",                                           Some(I::Missing("from"))),
            ("{ mail: \"a@b\\nBcc: x@y\", from: c@d.example, smtp: 'h:25' }",                 Some(I::Address("mail"))),
            ("{ mail: nobody, from: c@d.example, smtp: 'h:25' }",                             Some(I::Address("mail"))),
            ("{ mail: a@b.example, from: 'c@d@e', smtp: 'h:25' }",                            Some(I::Address("from"))),
            ("{ mail: a@b.example, from: c@d.example, smtp: 'h:25', secret: s }",             Some(I::Strange("secret"))),
            ("{ mail: a@b.example, webhook: 'https://x' }",                                   Some(I::Ways)),
            ("{}",                                                                            Some(I::Ways)),
        ];
        for (text, expected) in table {
            let notify: Notify = serde_yaml::from_str(text).unwrap();
            assert_eq!(notify.channel().err(), expected, "{text}");
        }
    }
}
