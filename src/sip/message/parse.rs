//! From a head and a body to a message that can be relied on, or to what is wrong with it.

use bytes::Bytes;
use thiserror::Error;

use super::head::{self, Head, Start};
use super::{Fault, HeaderError, Headers, Message, Method, Name, Request, Response, Status};

/// Most bytes of start line and headers together.
pub const MAX_HEAD: usize = 16 * 1024;

/// Most bytes of a body.
pub const MAX_BODY: usize = 64 * 1024;

/// Most header lines of a message.
pub const MAX_HEADERS: usize = 256;

/// Bytes that are no message that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct Malformed {
    /// What an answer needs, when the bytes were a request with a readable topmost Via, and no ACK. Without it the only
    /// answer is silence.
    pub partial: Option<Box<Partial>>,
    /// What is wrong.
    pub why: Why,
}

/// What could be read of a request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Its method.
    pub method: Method,
    /// Those of Via, From, To, Call-ID and CSeq that were there, byte by byte; the topmost Via can be read.
    pub headers: Headers,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Why {
    /// There is nothing but line ends: a keep-alive (RFC 5626 3.5.1), no mistake.
    #[error("there is nothing but line ends")]
    Empty,
    /// The head has no empty line at its end.
    #[error("the head does not end")]
    Truncated,
    /// The head is too large.
    #[error("the head is larger than {MAX_HEAD} bytes")]
    HeadTooLarge,
    /// The body is too large.
    #[error("the body is larger than {MAX_BODY} bytes")]
    BodyTooLarge,
    /// Too many header lines.
    #[error("there are more than {MAX_HEADERS} headers")]
    TooManyHeaders,
    /// The first line is neither a request line nor a status line.
    #[error("the start line is malformed")]
    StartLine,
    /// The Request-URI is not one, or has headers.
    #[error("the request URI is malformed")]
    RequestUri,
    /// It is not SIP/2.0.
    #[error("the version is not SIP/2.0")]
    Version,
    /// A header line has no name or holds a lone line end.
    #[error("header line {number} is malformed")]
    HeaderLine {
        /// Counted from 1 behind the start line, folded lines as one.
        number: usize,
    },
    /// A header that every message needs cannot be read.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The method in CSeq is not the request's.
    #[error("the method in CSeq is not the request's")]
    MethodMismatch,
    /// Content-Length promises more than the datagram holds.
    #[error("a body of {declared} bytes is promised, {present} are there")]
    LengthMismatch {
        /// Bytes promised.
        declared: u32,
        /// Bytes there.
        present: usize,
    },
}

impl Why {
    /// The answer that a request with this fault deserves.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Version => Status::VERSION_NOT_SUPPORTED,
            Self::HeadTooLarge | Self::TooManyHeaders => Status::MESSAGE_TOO_LARGE,
            Self::BodyTooLarge => Status::REQUEST_ENTITY_TOO_LARGE,
            Self::Empty
            | Self::Truncated
            | Self::StartLine
            | Self::RequestUri
            | Self::HeaderLine { .. }
            | Self::Header(_)
            | Self::MethodMismatch
            | Self::LengthMismatch { .. } => Status::BAD_REQUEST,
        }
    }

    pub(super) fn repeated(name: &Name) -> Self {
        let header = name.known_str().unwrap_or("a header");
        Self::Header(HeaderError { header, fault: Fault::Repeated })
    }
}

impl Malformed {
    /// The answer to it, without a To tag of ours; `None` where silence is the answer.
    #[must_use]
    pub fn answer(&self) -> Option<Response> {
        self.partial.as_ref().map(|partial| super::answer(&partial.headers, self.why.status()))
    }
}

/// One message out of a datagram (RFC 3261 18.3).
pub(super) fn datagram(datagram: &Bytes) -> Result<Message, Malformed> {
    let datagram = datagram.slice(head::line_ends(datagram)..);
    if datagram.is_empty() {
        return Err(Malformed { partial: None, why: Why::Empty });
    }
    let within = datagram.slice(..datagram.len().min(MAX_HEAD));
    let Some(length) = head::length(&within) else {
        let why = if datagram.len() > MAX_HEAD { Why::HeadTooLarge } else { Why::Truncated };
        return Err(refuse(head::read(&within), why));
    };
    let mut head = head::read(&datagram.slice(..length));
    let mut body = datagram.slice(length..);
    match take_length(&mut head) {
        Ok(Some(declared)) => match usize::try_from(declared) {
            Ok(declared) if declared <= body.len() => body.truncate(declared),
            _ => return Err(refuse(head, Why::LengthMismatch { declared, present: body.len() })),
        },
        Ok(None) => {}
        Err(why) => return Err(refuse(head, why)),
    }
    if body.len() > MAX_BODY { Err(refuse(head, Why::BodyTooLarge)) } else { finish(head, body) }
}

/// Takes Content-Length out of the head. A fault found earlier goes first.
pub(super) fn take_length(head: &mut Head) -> Result<Option<u32>, Why> {
    let length = head.headers.content_length();
    head.headers.remove(Name::ContentLength);
    match (head.fault, length) {
        (Some(fault @ Why::Header(HeaderError { header: "Content-Length", .. })), _) => Err(fault),
        (_, length) => length.map_err(Why::from),
    }
}

/// Checks what all of SIP relies on: readable Via, From, To, Call-ID and CSeq, and that CSeq is the request's own.
pub(super) fn finish(head: Head, body: Bytes) -> Result<Message, Malformed> {
    if let Err(why) = check(&head) {
        return Err(refuse(head, why));
    }
    let Head { start, headers, .. } = head;
    match start {
        Some(Start::Request { method, uri }) => Ok(Request { method, uri, headers, body }.into()),
        Some(Start::Response { status, reason }) => {
            Ok(Response { status, reason, headers, body }.into())
        }
        None => Err(Malformed { partial: None, why: Why::StartLine }),
    }
}

fn check(head: &Head) -> Result<(), Why> {
    if let Some(fault) = head.fault {
        return Err(fault);
    }
    head.headers.top_via()?;
    head.headers.from()?;
    head.headers.to()?;
    head.headers.call_id()?;
    let cseq = head.headers.cseq()?;
    let ours = head.method.as_ref().is_none_or(|method| *method == cseq.method);
    if ours { Ok(()) } else { Err(Why::MethodMismatch) }
}

/// Keeps of `head` what an answer needs.
pub(super) fn refuse(head: Head, why: Why) -> Malformed {
    // RFC 3261 17: an ACK is never answered; a Via that cannot be read says to nobody where to.
    let method =
        head.method.filter(|method| *method != Method::Ack && head.headers.top_via().is_ok());
    let partial = method.map(|method| {
        let mut headers = Headers::new();
        for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
            headers.copy(&head.headers, name);
        }
        Box::new(Partial { method, headers })
    });
    Malformed { partial, why }
}
