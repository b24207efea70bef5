//! Which message belongs to which transaction (RFC 3261 17.1.3, 17.2.3, 8.2.2.2).

use crate::sip::message::{HeaderError, Method, Print, Request, Response, Via};

/// An incoming request's place in the table of transactions. Requests with equal keys are one request, repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ServerKey(Vec<u8>);

/// An outgoing request's place: our branch and the method.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey(Vec<u8>);

/// What a request that took two ways has in common on both (RFC 3261 8.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MergeKey(Vec<u8>);

/// What every branch of RFC 3261 begins with; others are RFC 2543's and not unique.
pub(crate) const COOKIE: &str = "z9hG4bK";

impl ServerKey {
    /// The transaction that `request` belongs to; for an ACK, that of its INVITE.
    pub(crate) fn of(request: &Request, via: &Via) -> Result<Self, HeaderError> {
        let is_ack = request.method == Method::Ack;
        Self::with_method(request, via, if is_ack { &Method::Invite } else { &request.method })
    }

    /// The INVITE's transaction that a CANCEL means (RFC 3261 9.2).
    pub(crate) fn cancelled_by(cancel: &Request, via: &Via) -> Result<Self, HeaderError> {
        Self::with_method(cancel, via, &Method::Invite)
    }

    fn with_method(request: &Request, via: &Via, method: &Method) -> Result<Self, HeaderError> {
        let mut key = Key::new(method);
        match via.branch().filter(|branch| branch.starts_with(COOKIE)) {
            Some(branch) => {
                key.add(branch);
                key.add(&via.host);
                key.add(&via.port.unwrap_or(0));
            }
            None => {
                // RFC 2543's: an ACK carries the tag of our answer, a CANCEL what the INVITE had, so To is left out.
                let headers = &request.headers;
                key.add(&request.uri);
                key.add(headers.from()?.tag().unwrap_or_default());
                key.add(headers.call_id()?);
                key.add(&headers.cseq()?.number);
                key.add(via);
            }
        }
        Ok(Self(key.0))
    }
}

impl ClientKey {
    /// Our request with `branch`.
    pub(crate) fn new(branch: &str, method: &Method) -> Self {
        let mut key = Key::new(method);
        key.add(branch);
        Self(key.0)
    }

    /// The request that `response` answers. One with a Via beside ours was meant for somebody else (RFC 3261 8.1.3.3).
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let vias = response.headers.vias().ok()?;
        let [via] = vias.as_slice() else { return None };
        Some(Self::new(via.branch()?, &response.headers.cseq().ok()?.method))
    }
}

impl MergeKey {
    /// For a request outside of dialogs.
    pub(crate) fn of(request: &Request) -> Result<Self, HeaderError> {
        let headers = &request.headers;
        let mut key = Key::new(&request.method);
        key.add(headers.from()?.tag().unwrap_or_default());
        key.add(headers.call_id()?);
        key.add(&headers.cseq()?.number);
        Ok(Self(key.0))
    }
}

/// Texts with a byte between them that none of them holds.
struct Key(Vec<u8>);

impl Key {
    fn new(method: &Method) -> Self {
        let mut key = Self(Vec::with_capacity(96));
        key.add(method.as_str());
        key
    }

    fn add(&mut self, text: &(impl Print + ?Sized)) {
        text.print(&mut self.0);
        self.0.push(0);
    }
}
