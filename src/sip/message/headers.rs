//! The headers of a message, in their order, with their bytes.

use std::borrow::Cow;

use bytes::Bytes;
use thiserror::Error;

use super::{Name, Print, Via};

/// Headers in the order they stand in the message. Values are unfolded and without white space at their ends, otherwise
/// the bytes that came; the typed readers are in `read`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Name, Bytes)>);

/// Which header could not be read. It names only headers that this crate knows, so no bytes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{header} {fault}")]
pub struct HeaderError {
    /// Its long name.
    pub header: &'static str,
    /// What is the matter with it.
    pub fault: Fault,
}

/// What is the matter with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// Its grammar does not allow what stands there.
    #[error("is malformed")]
    Malformed,
    /// It may stand there once only.
    #[error("stands there more than once")]
    Repeated,
}

impl Headers {
    /// None at all.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The bytes of the first header called `name`.
    #[must_use]
    pub fn get(&self, name: impl Into<Name>) -> Option<&Bytes> {
        let name = name.into();
        self.0.iter().find(|(its, _)| *its == name).map(|(_, value)| value)
    }

    /// The first header called `name` as text; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text(&self, name: impl Into<Name>) -> Option<Cow<'_, str>> {
        self.get(name).map(|value| String::from_utf8_lossy(value))
    }

    /// The bytes of all headers called `name`, in their order.
    pub fn all(&self, name: impl Into<Name>) -> impl Iterator<Item = &Bytes> {
        let name = name.into();
        self.0.iter().filter(move |(its, _)| *its == name).map(|(_, value)| value)
    }

    /// Whether there is a header called `name`.
    #[must_use]
    pub fn has(&self, name: impl Into<Name>) -> bool {
        self.get(name).is_some()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Bytes)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many header lines there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a header at the end.
    ///
    /// Content-Length is left out, here and below: printing writes it from the body. So is a name that is no token.
    pub fn push(&mut self, name: impl Into<Name>, value: &(impl Print + ?Sized)) {
        self.insert(self.0.len(), name.into(), one_line(value));
    }

    /// Adds a header before all others, as a proxy or a client does with its Via.
    pub fn prepend(&mut self, name: impl Into<Name>, value: &(impl Print + ?Sized)) {
        self.insert(0, name.into(), one_line(value));
    }

    /// Makes `value` the only header called `name`, in the place of the first of them.
    pub fn set(&mut self, name: impl Into<Name>, value: &(impl Print + ?Sized)) {
        let name = name.into();
        let place = self.0.iter().position(|(its, _)| *its == name).unwrap_or(self.0.len());
        self.0.retain(|(its, _)| *its != name);
        self.insert(place, name, one_line(value));
    }

    /// Takes out all headers called `name`.
    pub fn remove(&mut self, name: impl Into<Name>) {
        let name = name.into();
        self.0.retain(|(its, _)| *its != name);
    }

    /// Adds all headers called `name` of `from`, byte by byte.
    pub fn copy(&mut self, from: &Self, name: impl Into<Name>) {
        let name = name.into();
        self.0.extend(from.all(name.clone()).map(|value| (name.clone(), value.clone())));
    }

    /// Puts `via` in the place of the topmost Via, for a server that notes where a request came from; the others of the
    /// same line stay.
    ///
    /// # Errors
    /// When there is no Via that can be read.
    pub fn replace_top_via(&mut self, via: &Via) -> Result<(), HeaderError> {
        let line = self.via_line()?;
        let others = line.get(1..).unwrap_or_default();
        let mut printed = via.printed().to_vec();
        for other in others {
            printed.extend_from_slice(b", ");
            other.print(&mut printed);
        }
        if let Some((_, value)) = self.0.iter_mut().find(|(name, _)| *name == Name::Via) {
            *value = printed.into();
        }
        Ok(())
    }

    /// Adds a header as the head splitter found it.
    pub(super) fn push_raw(&mut self, name: Name, value: Bytes) {
        self.0.push((name, value));
    }

    fn insert(&mut self, place: usize, name: Name, value: Bytes) {
        let sound = name != Name::ContentLength && super::grammar::is_whole_token(name.as_str());
        if sound {
            // `place` was found before headers of this name went out, all of them behind it.
            self.0.insert(place.min(self.0.len()), (name, value));
        }
    }
}

/// Nobody smuggles in a header of their own through a value: a line end becomes a space.
fn one_line(value: &(impl Print + ?Sized)) -> Bytes {
    let mut line = Vec::new();
    value.print(&mut line);
    for byte in &mut line {
        if matches!(byte, b'\r' | b'\n') {
            *byte = b' ';
        }
    }
    Bytes::copy_from_slice(line.trim_ascii())
}

/// Names only: values say who calls whom, and with which credentials.
impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name.as_str())).finish()
    }
}
