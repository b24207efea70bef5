//! A dialog: two ends that know each other's address, and number their requests (RFC 3261 12).
//!
//! Made from the request and the response that establish it, it builds the requests within and checks the order of
//! those that come. What is said in them is the endpoint's business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::iter_over_hash_type)]

use crate::sip::message::{
    CSeq, HeaderError, Headers, Method, Name, NameAddr, Request, Response, Uri,
};
use crate::sip::peer::Peer;
use crate::sip::route;

/// One dialog.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    call_id: String,
    /// We, with our tag.
    local: NameAddr,
    /// They, with theirs.
    remote: NameAddr,
    local_cseq: u32,
    /// The highest of theirs so far.
    remote_cseq: Option<u32>,
    /// Their Contact: the Request-URI of what we send.
    target: Uri,
    /// The proxies on the way, ours first. Fixed once the dialog is confirmed (RFC 3261 12.2).
    routes: Vec<NameAddr>,
    /// Where their last message came from.
    peer: Peer,
    /// What they said they understand; nothing said means RFC 3261's own methods.
    allows_update: bool,
}

impl Dialog {
    /// We are called: `invite` comes from `peer`, and our answers carry `local_tag` (RFC 3261 12.1.1).
    pub(crate) fn uas(invite: &Request, local_tag: &str, peer: Peer) -> Result<Self, HeaderError> {
        let headers = &invite.headers;
        Ok(Self {
            call_id: headers.call_id()?.to_owned(),
            local: headers.to()?.with_tag(local_tag),
            remote: headers.from()?,
            local_cseq: 0,
            remote_cseq: Some(headers.cseq()?.number),
            target: contact(headers)?.unwrap_or(headers.from()?.uri),
            routes: headers.record_routes()?,
            peer,
            allows_update: allows_update(headers),
        })
    }

    /// We call: `response` to our `invite` comes from `peer` (RFC 3261 12.1.2).
    pub(crate) fn uac(
        invite: &Request,
        response: &Response,
        peer: Peer,
    ) -> Result<Self, HeaderError> {
        let headers = &response.headers;
        let mut routes = headers.record_routes()?;
        routes.reverse();
        Ok(Self {
            call_id: invite.headers.call_id()?.to_owned(),
            local: invite.headers.from()?,
            remote: headers.to()?,
            local_cseq: invite.headers.cseq()?.number,
            remote_cseq: None,
            target: contact(headers)?.unwrap_or_else(|| invite.uri.clone()),
            routes,
            peer,
            allows_update: allows_update(headers),
        })
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Empty for a peer of RFC 2543.
    pub(crate) fn remote_tag(&self) -> &str {
        self.remote.tag().unwrap_or_default()
    }

    /// Whether the peer's Allow names UPDATE.
    pub(crate) const fn allows_update(&self) -> bool {
        self.allows_update
    }

    /// The peer refused UPDATE, whatever its Allow said.
    pub(crate) const fn give_up_update(&mut self) {
        self.allows_update = false;
    }

    /// Whether `headers` of a request are of this dialog; its To tag has found our end already.
    pub(crate) fn is_theirs(&self, headers: &Headers) -> bool {
        headers.call_id().is_ok_and(|id| id == self.call_id)
            && headers.from().is_ok_and(|from| from.tag().unwrap_or_default() == self.remote_tag())
    }

    /// Takes a request's number; `false` where it was overtaken (RFC 3261 12.2.2: 500).
    pub(crate) fn take(&mut self, number: u32, from: Peer) -> bool {
        if self.remote_cseq.is_some_and(|last| number <= last) {
            return false;
        }
        self.remote_cseq = Some(number);
        self.peer = from;
        true
    }

    /// Follows the peer to the Contact of a re-INVITE, an UPDATE, or a 2xx to one (RFC 3261 12.2, RFC 3311 5).
    pub(crate) fn refresh(&mut self, headers: &Headers) {
        if let Ok(Some(target)) = contact(headers) {
            self.target = target;
        }
        if headers.has(Name::Allow) {
            self.allows_update = allows_update(headers);
        }
    }

    /// The number for the next request of ours.
    pub(crate) fn next_number(&mut self) -> u32 {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.local_cseq
    }

    /// The next request within this dialog, and where it goes. Via, Contact and body are still to be added.
    pub(crate) fn request(&mut self, method: Method) -> (Request, Peer) {
        let number = self.next_number();
        self.numbered(method, number)
    }

    /// The ACK to a 2xx of the INVITE with `number` (RFC 3261 13.2.2.4).
    pub(crate) fn ack(&self, number: u32) -> (Request, Peer) {
        self.numbered(Method::Ack, number)
    }

    fn numbered(&self, method: Method, number: u32) -> (Request, Peer) {
        let strict =
            self.routes.first().filter(|first| !first.uri.sip().is_some_and(|uri| uri.is_loose()));
        // RFC 3261 12.2.1.1: a strict router wants its own address in the Request-URI, and the target as last route.
        let (uri, routes) = match strict {
            None => (self.target.clone(), self.routes.clone()),
            Some(first) => {
                let rest = self.routes.iter().skip(1).cloned();
                (first.uri.clone(), rest.chain([NameAddr::new(self.target.clone())]).collect())
            }
        };
        let next =
            if strict.is_some() { &uri } else { routes.first().map_or(&uri, |first| &first.uri) };
        let peer = route::within_dialog(next, self.peer);
        let mut request = Request::new(method.clone(), uri);
        if !routes.is_empty() {
            request.headers.push(Name::Route, routes.as_slice());
        }
        request.headers.push(Name::From, &self.local);
        request.headers.push(Name::To, &self.remote);
        request.headers.push(Name::CallId, &self.call_id);
        request.headers.push(Name::CSeq, &CSeq { number, method });
        (request, peer)
    }
}

/// The one Contact of a message that establishes or refreshes a dialog.
pub(crate) fn contact(headers: &Headers) -> Result<Option<Uri>, HeaderError> {
    let contacts = headers.contacts()?;
    Ok(contacts.list().first().map(|contact| {
        let mut uri = contact.uri.clone();
        if let Some(uri) = uri.sip_mut() {
            uri.clear_headers();
        }
        uri
    }))
}

fn allows_update(headers: &Headers) -> bool {
    headers.allow().is_ok_and(|methods| methods.contains(&Method::Update))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::{Message, Print};

    fn peer() -> Peer {
        Peer::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap())
    }

    fn invite(more: &str) -> Request {
        let text = format!(
            "INVITE sip:4001@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\nFrom: Ann <sip:a@x>;tag=t1\r\n\
             To: <sip:4001@x>\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\nContact: <sip:a@192.0.2.2?Subject=x>\r\n{more}\r\n"
        );
        let Ok(Message::Request(request)) = Message::from_datagram(text.into()) else { panic!() };
        request
    }

    #[test]
    fn both_ends_number_their_own_requests() {
        let mut dialog = Dialog::uas(&invite(""), "ours", peer()).unwrap();
        let taken = [7, 8, 8, 10, 9].map(|number| dialog.take(number, peer()));
        assert_eq!(taken, [false, true, false, true, false]);
        let sent = [Method::Info, Method::Bye]
            .map(|method| dialog.request(method).0.headers.cseq().unwrap().number);
        assert_eq!(sent, [1, 2]);
    }

    #[test]
    fn what_is_sent_names_both_ends_and_where_it_goes() {
        let mut dialog = Dialog::uas(&invite(""), "ours", peer()).unwrap();
        let (bye, to) = dialog.request(Method::Bye);
        assert_eq!(to, peer());
        insta::assert_snapshot!(String::from_utf8_lossy(&bye.printed()).replace("\r\n", "\n"), @r#"
        BYE sip:a@192.0.2.2 SIP/2.0
        From: <sip:4001@x>;tag=ours
        To: "Ann" <sip:a@x>;tag=t1
        Call-ID: c1
        CSeq: 1 BYE
        Content-Length: 0
        "#);
    }

    #[test]
    fn the_peer_is_followed_but_its_proxies_stay() {
        let mut dialog =
            Dialog::uas(&invite("Record-Route: <sip:192.0.2.9;lr>\r\n"), "ours", peer()).unwrap();
        dialog.refresh(
            &invite("Record-Route: <sip:192.0.2.8;lr>\r\nAllow: INVITE, UPDATE\r\n").headers,
        );
        assert!(dialog.allows_update());
        let (info, to) = dialog.request(Method::Info);
        assert_eq!(to.remote, "192.0.2.9:5060".parse().unwrap());
        assert_eq!(info.headers.routes().unwrap().len(), 1);
    }
}
