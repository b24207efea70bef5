//! SIP MESSAGES: bytes to requests and responses and back (RFC 3261 7, 20, 25).
//!
//! Called by the rest of `sip`: transactions, dialogs, auth and registrar read and build messages with it; its
//! transports hand it datagrams and stream bytes.
//! Must not know: transactions, dialogs, sockets, time, what a call is.
//! Way in: [`Message::from_datagram`] and [`Framer`] for bytes, [`Headers`] for what a message says.
//! Always true: no bytes make it panic; a [`Message`] has readable Via, From, To, Call-ID and CSeq; what is printed
//! parses to the same value again; unknown headers keep their place and their bytes; no error text holds bytes from
//! outside; a head is at most 16 KiB, a body at most 64 KiB.
//! Read next: `parse` and `stream` (entry points), `headers` and `read` (typed readers), then a file per grammar.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

mod auth;
mod date;
mod event;
mod grammar;
mod head;
mod headers;
mod host;
mod media_type;
mod method;
mod name;
mod name_addr;
mod params;
mod parse;
mod print;
mod read;
mod replaces;
mod sequence;
mod session;
mod status;
mod stream;
mod uri;
mod user_to_user;
mod via;

#[cfg(test)]
mod identity;
#[cfg(test)]
mod torture;

use std::fmt;

use bytes::Bytes;

pub use auth::{Challenge, Credentials};
pub use event::{Event, Reason, SubscriptionState};
pub use headers::{Fault, HeaderError, Headers};
pub use host::Host;
pub use media_type::MediaType;
pub use method::Method;
pub use name::Name;
pub use name_addr::{CallInfo, Contacts, NameAddr};
pub use params::{Param, Params, Value};
pub use parse::{MAX_BODY, MAX_HEAD, MAX_HEADERS, Malformed, Partial, Why};
pub use print::Print;
pub use replaces::Replaces;
pub use sequence::{CSeq, RAck};
pub use session::{Refresher, RetryAfter, SessionExpires};
pub use status::Status;
pub use stream::{Framed, Framer};
pub use uri::{BadUri, SipUri, TelUri, Uri, UriParam};
pub use user_to_user::UserToUser;
pub use via::{Transport, Via};

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What one side asks of the other.
    Request(Request),
    /// What the other answers.
    Response(Response),
}

/// RFC 3261 7.1.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// Who is asked: the Request-URI.
    pub uri: Uri,
    /// All headers but Content-Length, which printing adds.
    pub headers: Headers,
    /// At most [`MAX_BODY`] bytes when it was received.
    pub body: Bytes,
}

/// RFC 3261 7.2.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// 100..=699.
    pub status: Status,
    /// The reason phrase, for people only; may be empty.
    pub reason: String,
    /// All headers but Content-Length, which printing adds.
    pub headers: Headers,
    /// At most [`MAX_BODY`] bytes when it was received.
    pub body: Bytes,
}

impl Message {
    /// Reads a UDP datagram or a WebSocket frame, which carries exactly one message (RFC 3261 18.3).
    ///
    /// A missing Content-Length means that the body is the rest; a shorter one cuts.
    ///
    /// # Errors
    /// [`Malformed`], with what is needed to answer when it was a request that can be answered.
    pub fn from_datagram(datagram: Bytes) -> Result<Self, Malformed> {
        parse::datagram(&datagram)
    }

    /// The headers of either.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The headers of either, to change them.
    pub const fn headers_mut(&mut self) -> &mut Headers {
        match self {
            Self::Request(request) => &mut request.headers,
            Self::Response(response) => &mut response.headers,
        }
    }

    /// The body of either.
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub const fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::new(), body: Bytes::new() }
    }

    /// The answer `status` to this request with its default reason phrase, the headers that RFC 3261 8.2.6.2 wants
    /// copied (Via, From, To, Call-ID, CSeq; Timestamp into a 100; Record-Route into 101..=299, 12.1.1), and no body.
    ///
    /// To carries no tag that the request did not carry: the caller adds its own.
    #[must_use]
    pub fn answer(&self, status: Status) -> Response {
        let mut response = answer(&self.headers, status);
        if status == Status::TRYING {
            response.headers.copy(&self.headers, Name::Timestamp);
        } else if status.code() < 300 {
            response.headers.copy(&self.headers, Name::RecordRoute);
        }
        response
    }
}

impl Response {
    /// A response with its default reason phrase, without headers and body.
    #[must_use]
    pub fn new(status: Status) -> Self {
        let reason = status.default_reason().to_owned();
        Self { status, reason, headers: Headers::new(), body: Bytes::new() }
    }
}

/// The headers without which no response finds its transaction.
fn answer(headers: &Headers, status: Status) -> Response {
    let mut response = Response::new(status);
    for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
        response.headers.copy(headers, name);
    }
    response
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

/// Start line, header names and size: values say who calls whom.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {:?} ({} bytes)", self.method, self.uri, self.headers, self.body.len())
    }
}

/// Start line, header names and size: values say who calls whom.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {:?} ({} bytes)",
            self.status,
            self.reason,
            self.headers,
            self.body.len()
        )
    }
}
