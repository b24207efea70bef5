//! A mail, tried once: handed to the operator's mail server, which knows the way from there (RFC 5321).
//!
//! The text is what a flow tells, a line each, then the facts of the call. A mail that is handed in twice, because the
//! answer to the first was lost, has the same `Message-ID`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error as SmtpError};
use lettre::{AsyncTransport as _, Tokio1Executor};
use serde_json::Value;

use super::outbox::Miss;
use crate::secret::Secret;
use crate::store::Undelivered;

/// Somebody who is told things by mail.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The address that it goes to.
    pub to: Arc<str>,
    /// The address that it comes from.
    pub from: Arc<str>,
    /// What stands above it.
    pub subject: Arc<str>,
    /// The mail server's name or address.
    pub host: Arc<str>,
    /// The mail server's port.
    pub port: u16,
    /// How the way there is encrypted.
    pub encryption: Encryption,
    /// Name and password with which it is handed in.
    pub login: Option<(Arc<str>, Secret<Arc<str>>)>,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// It begins in the clear and must become TLS (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314 3.3).
    Implicit,
    /// Not at all.
    None,
}

/// Why no mail can be handed in with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No mail goes to, or comes from, such an address.
    #[error("`{0}` is no mail address")]
    Address(Arc<str>, #[source] AddressError),
    /// The mail server's certificate could not be checked under this name.
    #[error("`{0}` is no server's name, or TLS is not to be had")]
    Server(Arc<str>, #[source] SmtpError),
}

/// One mailbox and the way there.
#[derive(Debug, Clone)]
pub(super) struct Mailer {
    to: Mailbox,
    from: Mailbox,
    subject: Arc<str>,
    server: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer {
    /// Each attempt may take so long as `within` says.
    pub(super) fn new(config: &MailConfig, within: Duration) -> Result<Self, MailError> {
        super::install_tls_provider();
        let mailbox = |address: &Arc<str>| {
            let parsed = address.parse();
            let parsed = parsed.map_err(|error| MailError::Address(Arc::clone(address), error))?;
            Ok(Mailbox::new(None, parsed))
        };
        let host = &*config.host;
        let parameters = || {
            TlsParameters::new(host.to_owned())
                .map_err(|error| MailError::Server(Arc::clone(&config.host), error))
        };
        let tls = match config.encryption {
            Encryption::StartTls => Tls::Required(parameters()?),
            Encryption::Implicit => Tls::Wrapper(parameters()?),
            Encryption::None => Tls::None,
        };
        // "Dangerous" because it begins without TLS; the line below says what there is.
        let server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port)
            .tls(tls)
            .timeout(Some(within));
        let server = match &config.login {
            Some((user, password)) => {
                let password = password.expose().to_string();
                server.credentials(Credentials::new(user.to_string(), password))
            }
            None => server,
        };
        Ok(Self {
            to: mailbox(&config.to)?,
            from: mailbox(&config.from)?,
            subject: Arc::clone(&config.subject),
            server: server.build(),
        })
    }

    pub(super) async fn deliver(&self, it: &Undelivered) -> Result<(), Miss> {
        let mail = self.letter(it).map_err(|_| Miss::Unspeakable)?;
        self.server.send(mail).await.map(|_| ()).map_err(|error| miss(&error))
    }

    fn letter(&self, it: &Undelivered) -> Result<Message, lettre::error::Error> {
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(&*self.subject)
            .message_id(Some(format!("<{}.{}@{domain}>", it.created_at.as_microsecond(), it.id)))
            .header(ContentType::TEXT_PLAIN)
            .header(AutoSubmitted)
            .body(text(&it.body))
    }
}

/// A 5xx is the server's last word (RFC 5321 4.2.1); the error's own text may quote what we sent, and is not shown.
fn miss(error: &SmtpError) -> Miss {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        return if error.is_permanent() { Miss::Refused(code) } else { Miss::Deferred(code) };
    }
    if error.is_timeout() {
        Miss::Late
    } else if error.is_tls() || is_handshake(error) {
        Miss::Certificate
    } else if error.is_client() {
        Miss::Unable
    } else {
        Miss::Connection
    }
}

/// Whether TLS could not be agreed on, which lettre tells like any other connection that fails.
fn is_handshake(error: &SmtpError) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(it) = cause {
        let inner = it.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) {
            return true;
        }
        cause = it.source();
    }
    false
}

/// Nobody's holiday notice answers it (RFC 3834 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What a flow tells, a line each; an empty line; what is known of the call. What is no object stands as it is.
fn text(body: &str) -> String {
    let Ok(Value::Object(mut facts)) = serde_json::from_str(body) else { return body.to_owned() };
    let mut text = String::new();
    if let Some(told) = facts.remove("with") {
        lines("", &told, &mut text);
        text.push('\n');
    }
    lines("", &Value::Object(facts), &mut text);
    text
}

/// `caller.number: 13800000001`: one line for each value that is there.
fn lines(path: &str, value: &Value, text: &mut String) {
    let mut line = |value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{path}: {value}"); // writing to a String cannot fail
    };
    match value {
        Value::Null => {}
        Value::String(it) => line(it),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => line(value),
        Value::Object(fields) => {
            for (name, value) in fields {
                let separator = if path.is_empty() { "" } else { "." };
                lines(&format!("{path}{separator}{name}"), value, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn config() -> MailConfig {
        MailConfig {
            to: "duty@example.com".into(),
            from: "hotline@example.com".into(),
            subject: "报警热线".into(),
            host: "mail.example.com".into(),
            port: 587,
            encryption: Encryption::StartTls,
            login: None,
        }
    }

    #[test]
    fn a_letter_says_what_the_flow_tells_and_then_what_is_known_of_the_call() {
        let body = json!({
            "event": "flow.notified",
            "at": "2026-11-24T08:00:00Z",
            "caller": { "number": "13800000001", "name": null },
            "with": { "order_number": "20260001", "会员": true },
        });
        let mailer = Mailer::new(&config(), Duration::from_secs(1)).unwrap();
        let created_at = Timestamp::from_second(1_764_000_000).unwrap();
        let it = Undelivered {
            id: 7,
            hook: "notify/duty".into(),
            body: body.to_string(),
            attempts: 0,
            created_at,
        };
        insta::assert_snapshot!(text(&it.body));
        let letter = String::from_utf8(mailer.letter(&it).unwrap().formatted()).unwrap();
        for header in [
            "From: hotline@example.com\r\n",
            "To: duty@example.com\r\n",
            "Message-ID: <1764000000000000.7@example.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
        ] {
            assert!(letter.contains(header), "{letter}");
        }
    }

    #[test]
    fn what_callers_key_cannot_become_a_header() {
        let mailer = Mailer::new(&config(), Duration::from_secs(1)).unwrap();
        let body = json!({ "with": { "x": "1\r\n.\r\nBcc: all@example.com" } }).to_string();
        let created_at = Timestamp::UNIX_EPOCH;
        let it = Undelivered { id: 1, hook: "notify/duty".into(), body, attempts: 0, created_at };
        let letter = mailer.letter(&it).unwrap().formatted();
        let letter = String::from_utf8(letter).unwrap();
        let (headers, _) = letter.split_once("\r\n\r\n").unwrap();
        assert!(!headers.contains("Bcc"), "{letter}");
    }

    #[test]
    fn addresses_that_no_mail_goes_to_are_an_error() {
        for to in ["", "duty", "a@b@c"] {
            let made = Mailer::new(&MailConfig { to: to.into(), ..config() }, Duration::ZERO);
            assert!(matches!(made, Err(MailError::Address(..))), "{to}");
        }
    }
}
