//! Messages out of a stream, TCP or TLS (RFC 3261 18.3; keep-alives: RFC 5626 3.5.1).

use bytes::BytesMut;

use super::head::{self, Head};
use super::parse::{self, MAX_BODY, MAX_HEAD, Malformed, Why};
use super::{Fault, HeaderError, Message};

/// Cuts a stream into messages. Feed it what arrives, then ask [`Framer::next`] until it has nothing more.
///
/// It holds at most one head and one body beside what was fed and not yet asked for. The same bytes give the same
/// messages in whatever pieces they come.
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    state: State,
}

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A message.
    Message(Message),
    /// One line end between messages: the answer to our ping, or the first half of the peer's.
    Pong,
    /// A second line end right behind: the peer sent a ping, and wants one line end back.
    Ping,
}

enum State {
    /// Between messages. After one line end another makes a ping.
    Between { half_a_ping: bool },
    /// In a head. The first `searched` bytes hold no end of it, so that nothing is searched twice.
    Head { searched: usize },
    /// A head is read, and its body of `length` bytes awaited.
    Body { head: Box<Head>, length: usize },
    /// Where the next message begins cannot be known any more.
    Broken,
}

impl Default for State {
    fn default() -> Self {
        Self::Between { half_a_ping: false }
    }
}

impl Framer {
    /// A framer at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what arrived. The caller asks [`Framer::next`] before it feeds more, so the buffer stays bounded.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.is_broken() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether the connection has to be closed, after the last answer was sent: no message will come any more.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        matches!(self.state, State::Broken)
    }

    /// The next message or keep-alive, if all of it has arrived.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator that has ended would not go on after the next feed"
    )]
    pub fn next(&mut self) -> Option<Result<Framed, Malformed>> {
        loop {
            match std::mem::take(&mut self.state) {
                State::Between { half_a_ping } => match self.between(half_a_ping)? {
                    Some(line_end) => return Some(Ok(line_end)),
                    None => self.state = State::Head { searched: 0 },
                },
                State::Head { searched } => {
                    if let Err(malformed) = self.head(searched)? {
                        return Some(Err(malformed));
                    }
                }
                State::Body { head, length } if self.buffer.len() < length => {
                    self.state = State::Body { head, length };
                    return None;
                }
                State::Body { head, length } => {
                    let body = self.buffer.split_to(length).freeze();
                    return Some(parse::finish(*head, body).map(Framed::Message));
                }
                State::Broken => {
                    self.state = State::Broken;
                    return None;
                }
            }
        }
    }

    /// A line end, or nothing where a message begins; `None` until that is known.
    fn between(&mut self, half_a_ping: bool) -> Option<Option<Framed>> {
        self.state = State::Between { half_a_ping };
        if self.buffer.starts_with(b"\r\n") {
            _ = self.buffer.split_to(2);
            self.state = State::Between { half_a_ping: !half_a_ping };
            return Some(Some(if half_a_ping { Framed::Ping } else { Framed::Pong }));
        }
        let undecided = self.buffer.is_empty() || *self.buffer == *b"\r";
        (!undecided).then_some(None)
    }

    /// Reads a head as soon as all of it is there; `None` until then.
    fn head(&mut self, searched: usize) -> Option<Result<(), Malformed>> {
        // The end of a head is four bytes, three of which may have been there before.
        let from = searched.saturating_sub(3);
        let within = self.buffer.len().min(MAX_HEAD);
        let Some(more) = head::length(self.buffer.get(from..within).unwrap_or_default()) else {
            if self.buffer.len() < MAX_HEAD {
                self.state = State::Head { searched: self.buffer.len() };
                return None;
            }
            let head = head::read(&self.buffer.split_to(MAX_HEAD).freeze());
            return Some(Err(self.give_up(head, Why::HeadTooLarge)));
        };
        let mut head = head::read(&self.buffer.split_to(from + more).freeze());
        let missing = Why::Header(HeaderError { header: "Content-Length", fault: Fault::Missing });
        let length = parse::take_length(&mut head).and_then(|length| length.ok_or(missing));
        match length.map(|length| usize::try_from(length).unwrap_or(usize::MAX)) {
            Ok(length) if length <= MAX_BODY => {
                self.state = State::Body { head: Box::new(head), length };
                Some(Ok(()))
            }
            Ok(_) => Some(Err(self.give_up(head, Why::BodyTooLarge))),
            Err(why) => Some(Err(self.give_up(head, why))),
        }
    }

    fn give_up(&mut self, head: Head, why: Why) -> Malformed {
        self.state = State::Broken;
        self.buffer = BytesMut::new();
        parse::refuse(head, why)
    }
}

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Framer({} bytes waiting)", self.buffer.len())
    }
}
