//! Phones register with us (RFC 3261 10.3): who they are is proven first, then the registrar's table decides.

use std::time::Duration;

use super::servers::Asked;
use super::{Command, Endpoint};
use crate::sip::auth::guard::Verdict;
use crate::sip::message::{Contacts, Headers, Name, Request, Response, Status};
use crate::sip::peer::Peer;
use crate::sip::registrar::{Change, Refusal, Update, Wanted};
use crate::time::Mono;

impl Endpoint {
    /// A REGISTER came.
    pub(super) fn register(&mut self, now: Mono, asked: Asked, out: &mut Vec<Command>) {
        if !self.has_room_for(asked.size) {
            return self.overloaded(&asked.request, asked.to, out);
        }
        let user = match self.proven(now, &asked.request, asked.peer) {
            Verdict::Known(user) => user,
            Verdict::Ask { stale } => {
                return self.ask_who_asks(now, &asked.request, asked.to, stale, out);
            }
            Verdict::Failed { failures, locked_out } => {
                return self.refuse_proof(now, asked, failures, locked_out, out);
            }
            Verdict::LockedOut => {
                return self.refuse(&asked.request, asked.to, Status::FORBIDDEN, &[], out);
            }
        };
        let wanted = read_register(&asked.request, asked.peer);
        let tag = self.token();
        let server = self.open_server(now, asked, tag, None);
        let response = match wanted {
            None => self.answer_to(server, Status::BAD_REQUEST),
            // RFC 3261 10.3, step 3: nobody registers for somebody else.
            Some((aor, _)) if aor != user => self.answer_to(server, Status::FORBIDDEN),
            Some((_, update)) => self.update_bindings(now, server, &user, update, out),
        };
        if let Some(response) = response {
            self.answer(now, server, &response, out);
        }
    }

    fn update_bindings(
        &mut self,
        now: Mono,
        server: usize,
        user: &str,
        update: Update,
        out: &mut Vec<Command>,
    ) -> Option<Response> {
        let mut news = Vec::new();
        let done = self.registrar.update(now, user, update, &mut news);
        out.extend(news.into_iter().map(Command::Registrar));
        match done {
            Ok(()) => {
                let mut response = self.answer_to(server, Status::OK)?;
                self.list_bindings(now, user, &mut response.headers);
                Some(response)
            }
            Err(Refusal::TooBrief) => {
                let mut response = self.answer_to(server, Status::INTERVAL_TOO_BRIEF)?;
                let least = self.config.registrar.min_expires.as_secs();
                response.headers.push(Name::MinExpires, &least.to_string());
                Some(response)
            }
            Err(Refusal::OutOfOrder) => self.answer_to(server, Status::SERVER_INTERNAL_ERROR),
            Err(Refusal::Full) => {
                self.counters.overload += 1;
                let mut response = self.answer_to(server, Status::SERVICE_UNAVAILABLE)?;
                response
                    .headers
                    .push(Name::RetryAfter, &self.config.limits.retry_after.as_secs().to_string());
                Some(response)
            }
        }
    }

    fn list_bindings(&self, now: Mono, user: &str, headers: &mut Headers) {
        for binding in self.registrar.bindings(user) {
            let mut contact = crate::sip::message::NameAddr::new(binding.contact.clone());
            contact.params.set("expires", binding.until.since(now).as_secs().to_string());
            headers.push(Name::Contact, &contact);
        }
    }
}

/// The user part of the address of record, and what is to become of its bindings.
fn read_register(request: &Request, peer: Peer) -> Option<(String, Update)> {
    let headers = &request.headers;
    let user = headers.to().ok()?.uri.user()?.into_owned();
    let expires = headers.expires().ok()?;
    let change = match headers.contacts().ok()? {
        // RFC 3261 10.3, step 6: `*` goes with `Expires: 0` only.
        Contacts::Star if expires == Some(0) => Change::RemoveAll,
        Contacts::Star => return None,
        Contacts::List(contacts) => {
            let wanted = contacts.into_iter().take(MOST_CONTACTS).map(|contact| Wanted {
                expires: contact.expires().or(expires).map(|it| Duration::from_secs(u64::from(it))),
                q: contact.q_thousandths().unwrap_or(1_000),
                contact: contact.uri,
            });
            Change::Set(wanted.collect())
        }
    };
    let mut product = headers.text(Name::UserAgent).unwrap_or_default().into_owned();
    let end =
        (0..=product.len().min(128)).rev().find(|&end| product.is_char_boundary(end)).unwrap_or(0);
    product.truncate(end);
    let call_id = headers.call_id().ok()?.to_owned();
    let cseq = headers.cseq().ok()?.number;
    Some((user, Update { call_id, cseq, peer, product, change }))
}

/// Contacts of one REGISTER that are looked at: more than any limit on bindings allows.
const MOST_CONTACTS: usize = 64;
