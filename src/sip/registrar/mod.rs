//! Who can be reached where: the bindings of our own addresses of record (RFC 3261 10.3).
//!
//! A table and its rules; who may change it is the endpoint's question. An address of record is named by its user
//! part alone, as all of them live in the endpoint's one domain.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::sip::endpoint::{RegistrarEvent, RegistrarLimits};
use crate::sip::message::Uri;
use crate::sip::peer::{ConnectionId, Peer};
use crate::sip::route::address_of;
use crate::time::Mono;

/// One place where somebody can be reached.
#[derive(Debug, Clone)]
pub struct Binding {
    /// What goes into the Request-URI.
    pub contact: Uri,
    /// Where the REGISTER came from, which is where calls go: it works through NAT (RFC 3581, RFC 5626 in spirit).
    pub peer: Peer,
    /// Preference in thousandths, 0..=1,000.
    pub q: u16,
    /// When it is over.
    pub until: Mono,
    /// User-Agent, as it came; at most 128 bytes.
    pub product: String,
    call_id: String,
    cseq: u32,
}

/// What a REGISTER asks for.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) peer: Peer,
    pub(crate) product: String,
    pub(crate) change: Change,
}

/// What is to become of the bindings.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    /// These; none of them is a question only.
    Set(Vec<Wanted>),
}

/// One Contact of a REGISTER.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) contact: Uri,
    /// Zero removes the binding; nothing said means the default.
    pub(crate) expires: Option<Duration>,
    pub(crate) q: u16,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// 423 with Min-Expires.
    #[error("expiry is shorter than the registrar allows")]
    TooBrief,
    /// 500: RFC 3261 10.3, a REGISTER that was overtaken by a later one.
    #[error("a later request of the same client came first")]
    OutOfOrder,
    /// 503: a limit is reached.
    #[error("no room for another binding")]
    Full,
}

/// The table. `expiries` holds each binding's end once, so that the next one is never searched for.
#[derive(Debug)]
pub(crate) struct Registrar {
    limits: RegistrarLimits,
    aors: HashMap<String, Vec<Binding>>,
    expiries: BTreeSet<(Mono, String)>,
    /// Who registered over which stream.
    streams: BTreeSet<(ConnectionId, String)>,
}

impl Registrar {
    pub(crate) fn new(limits: RegistrarLimits) -> Self {
        Self { limits, aors: HashMap::new(), expiries: BTreeSet::new(), streams: BTreeSet::new() }
    }

    /// Where `user` can be reached: most wanted first, and of equals the one that registered last.
    pub(crate) fn bindings(&self, user: &str) -> &[Binding] {
        self.aors.get(user).map_or(&[], Vec::as_slice)
    }

    /// When [`Registrar::expire`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.expiries.first().map(|(when, _)| *when)
    }

    /// Does all of `update` for `user`, or nothing of it.
    pub(crate) fn update(
        &mut self,
        now: Mono,
        user: &str,
        update: Update,
        out: &mut Vec<RegistrarEvent>,
    ) -> Result<(), Refusal> {
        let mut bindings = self.bindings(user).to_vec();
        let mut news = Vec::new();
        match &update.change {
            Change::RemoveAll => {
                if bindings.iter().any(|binding| overtaken(binding, &update)) {
                    return Err(Refusal::OutOfOrder);
                }
                news.extend(bindings.drain(..).map(|binding| unregistered(user, binding.contact)));
            }
            Change::Set(wanted) => {
                for wanted in wanted {
                    self.set(now, user, wanted, &update, &mut bindings, &mut news)?;
                }
            }
        }
        if bindings.len() > self.limits.bindings
            || (!self.aors.contains_key(user) && self.aors.len() >= self.limits.aors)
        {
            return Err(Refusal::Full);
        }
        bindings.sort_by_key(|binding| {
            (std::cmp::Reverse(binding.q), std::cmp::Reverse(binding.until))
        });
        self.store(user, bindings);
        out.append(&mut news);
        Ok(())
    }

    fn set(
        &self,
        now: Mono,
        user: &str,
        wanted: &Wanted,
        update: &Update,
        bindings: &mut Vec<Binding>,
        news: &mut Vec<RegistrarEvent>,
    ) -> Result<(), Refusal> {
        let expires = self.granted(wanted.expires)?;
        let known = bindings.iter().position(|binding| binding.contact.matches(&wanted.contact));
        if let Some(known) = known {
            let old = bindings.remove(known);
            if overtaken(&old, update) {
                return Err(Refusal::OutOfOrder);
            }
        }
        if expires.is_zero() {
            if known.is_some() {
                news.push(unregistered(user, wanted.contact.clone()));
            }
            return Ok(());
        }
        let binding = Binding {
            contact: wanted.contact.clone(),
            peer: update.peer,
            q: wanted.q,
            until: now + expires,
            product: update.product.clone(),
            call_id: update.call_id.clone(),
            cseq: update.cseq,
        };
        bindings.push(binding.clone());
        news.push(RegistrarEvent::Registered {
            user: user.to_owned(),
            binding,
            is_new: known.is_none(),
        });
        Ok(())
    }

    fn granted(&self, wanted: Option<Duration>) -> Result<Duration, Refusal> {
        let wanted = wanted.unwrap_or(self.limits.default_expires);
        if !wanted.is_zero() && wanted < self.limits.min_expires {
            return Err(Refusal::TooBrief);
        }
        Ok(wanted.min(self.limits.max_expires))
    }

    /// Drops whatever is over at `now`.
    pub(crate) fn expire(&mut self, now: Mono, out: &mut Vec<RegistrarEvent>) {
        while let Some((when, user)) = self.expiries.first().cloned() {
            if when > now {
                return;
            }
            let (over, stay) =
                self.bindings(&user).iter().cloned().partition(|binding| binding.until <= now);
            self.store(&user, stay);
            // What `store` has not taken out belongs to nobody; without this line a slip there would never end.
            self.expiries.remove(&(when, user.clone()));
            let over: Vec<Binding> = over;
            out.extend(
                over.into_iter()
                    .map(|it| RegistrarEvent::Expired { user: user.clone(), contact: it.contact }),
            );
        }
    }

    /// A stream is gone: calls to the phones behind it have to open one to where their Contact says.
    pub(crate) fn lost(&mut self, connection: ConnectionId) {
        let users: Vec<String> = self
            .streams
            .range((connection, String::new())..)
            .take_while(|(it, _)| *it == connection)
            .map(|(_, user)| user.clone())
            .collect();
        for user in users {
            let mut bindings = self.bindings(&user).to_vec();
            for binding in
                bindings.iter_mut().filter(|binding| binding.peer.connection == Some(connection))
            {
                binding.peer.connection = None;
                if let Some(remote) = address_of(&binding.contact) {
                    binding.peer.remote = remote;
                }
            }
            self.store(&user, bindings);
        }
    }

    fn store(&mut self, user: &str, bindings: Vec<Binding>) {
        let old = self.aors.remove(user);
        for binding in old.iter().flatten() {
            self.expiries.remove(&(binding.until, user.to_owned()));
            if let Some(connection) = binding.peer.connection {
                self.streams.remove(&(connection, user.to_owned()));
            }
        }
        for binding in &bindings {
            self.expiries.insert((binding.until, user.to_owned()));
            if let Some(connection) = binding.peer.connection {
                self.streams.insert((connection, user.to_owned()));
            }
        }
        if !bindings.is_empty() {
            self.aors.insert(user.to_owned(), bindings);
        }
        debug_assert!(self.expiries.is_empty() == self.aors.is_empty());
    }
}

fn overtaken(binding: &Binding, update: &Update) -> bool {
    binding.call_id == update.call_id && binding.cseq >= update.cseq
}

fn unregistered(user: &str, contact: Uri) -> RegistrarEvent {
    RegistrarEvent::Unregistered { user: user.to_owned(), contact }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_millis(ms)
    }

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn peer(connection: Option<u64>) -> Peer {
        let (local, remote) =
            ("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:40000".parse().unwrap());
        Peer { connection: connection.map(ConnectionId), ..Peer::tcp(local, remote) }
    }

    /// Registers `contact` for `user` at `ms`.
    fn set(
        registrar: &mut Registrar,
        ms: u64,
        user: &str,
        contact: &str,
        expires: u64,
        q: u16,
    ) -> Result<usize, Refusal> {
        let wanted =
            Wanted { contact: uri(contact), expires: Some(Duration::from_secs(expires)), q };
        let update = Update {
            call_id: contact.to_owned(),
            cseq: u32::try_from(ms).unwrap(),
            peer: peer(Some(1)),
            product: String::new(),
            change: Change::Set(vec![wanted]),
        };
        let mut out = Vec::new();
        registrar.update(at(ms), user, update, &mut out).map(|()| out.len())
    }

    fn contacts(registrar: &Registrar, user: &str) -> Vec<String> {
        let hosts = registrar.bindings(user).iter();
        hosts.map(|binding| binding.contact.sip().unwrap().host.to_string()).collect()
    }

    #[test]
    fn the_most_wanted_comes_first_and_of_equals_the_latest() {
        let mut registrar = Registrar::new(RegistrarLimits::default());
        set(&mut registrar, 1, "8001", "sip:8001@192.0.2.5", 60, 500).unwrap();
        set(&mut registrar, 2, "8001", "sip:8001@192.0.2.6", 60, 1_000).unwrap();
        set(&mut registrar, 3, "8001", "sip:8001@192.0.2.7", 60, 1_000).unwrap();
        assert_eq!(contacts(&registrar, "8001"), ["192.0.2.7", "192.0.2.6", "192.0.2.5"]);
        assert!(registrar.bindings("8002").is_empty());
    }

    #[test]
    fn what_is_over_is_dropped_in_its_own_time() {
        let mut registrar = Registrar::new(RegistrarLimits::default());
        set(&mut registrar, 0, "8001", "sip:8001@192.0.2.5", 60, 1_000).unwrap();
        set(&mut registrar, 0, "8001", "sip:8001@192.0.2.6", 90, 1_000).unwrap();
        set(&mut registrar, 0, "8002", "sip:8002@192.0.2.7", 60, 1_000).unwrap();
        assert_eq!(registrar.deadline(), Some(at(60_000)));
        let mut out = Vec::new();
        registrar.expire(at(59_999), &mut out);
        assert!(out.is_empty());
        registrar.expire(at(60_000), &mut out);
        assert_eq!((out.len(), contacts(&registrar, "8001")), (2, vec!["192.0.2.6".to_owned()]));
        registrar.expire(at(90_000), &mut out);
        assert_eq!((out.len(), registrar.deadline()), (3, None));
        assert!(registrar.aors.is_empty() && registrar.streams.is_empty());
    }

    #[test]
    fn the_table_is_bounded_and_a_refused_update_changes_nothing() {
        let mut registrar =
            Registrar::new(RegistrarLimits { aors: 1, bindings: 1, ..RegistrarLimits::default() });
        assert_eq!(set(&mut registrar, 1, "8001", "sip:8001@192.0.2.5", 60, 1_000), Ok(1));
        assert_eq!(
            set(&mut registrar, 2, "8001", "sip:8001@192.0.2.6", 60, 1_000),
            Err(Refusal::Full)
        );
        assert_eq!(
            set(&mut registrar, 2, "8002", "sip:8002@192.0.2.7", 60, 1_000),
            Err(Refusal::Full)
        );
        assert_eq!(
            set(&mut registrar, 2, "8001", "sip:8001@192.0.2.5", 20, 1_000),
            Err(Refusal::TooBrief)
        );
        assert_eq!(
            set(&mut registrar, 1, "8001", "sip:8001@192.0.2.5", 60, 1_000),
            Err(Refusal::OutOfOrder)
        );
        assert_eq!(set(&mut registrar, 3, "8001", "sip:8001@192.0.2.5", 0, 1_000), Ok(1));
        assert_eq!(registrar.deadline(), None);
        // Nobody: a removal of what is not there takes no room.
        assert_eq!(set(&mut registrar, 4, "8003", "sip:8003@192.0.2.5", 0, 1_000), Ok(0));
        assert!(registrar.aors.is_empty());
    }

    #[test]
    fn long_registrations_are_cut() {
        let mut registrar = Registrar::new(RegistrarLimits::default());
        set(&mut registrar, 0, "8001", "sip:8001@192.0.2.5", 999_999, 1_000).unwrap();
        assert_eq!(registrar.deadline(), Some(at(3_600_000)));
    }

    #[test]
    fn a_phone_whose_stream_is_gone_is_called_where_its_contact_says() {
        let mut registrar = Registrar::new(RegistrarLimits::default());
        set(&mut registrar, 0, "8001", "sip:8001@192.0.2.5:5070;transport=tcp", 60, 1_000).unwrap();
        registrar.lost(ConnectionId(2));
        assert_eq!(registrar.bindings("8001")[0].peer, peer(Some(1)));
        registrar.lost(ConnectionId(1));
        let now = registrar.bindings("8001")[0].peer;
        assert_eq!((now.connection, now.remote), (None, "192.0.2.5:5070".parse().unwrap()));
        assert!(registrar.streams.is_empty());
    }
}
