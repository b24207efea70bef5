//! Where somebody is: agents by their registration or fixed address, everybody else by the allow-list.

use std::sync::Arc;

use super::Shared;
use super::house::House;
use crate::call::Agent;
use crate::flow;
use crate::legs::{Destination, Route};
use crate::sip::message::{Print as _, Uri};

/// Where `to` is; `None` if it is unknown, not reachable now or not allowed. The log says which.
pub(super) fn find(shared: &Shared, house: &House, to: &Destination) -> Option<Route> {
    let found = match to {
        Destination::Agent(id) => agent(shared, house, id.as_str()),
        Destination::Address(address) => outside(shared, house, address),
        Destination::Referred(uri) => {
            let user = uri.user();
            match user.as_deref().filter(|_| shared.is_ours(uri)) {
                Some(number) => outside(shared, house, number),
                None => outside(shared, house, &plain(uri)),
            }
        }
    };
    if found.is_none() {
        tracing::info!(?to, "not reachable, or not allowed");
    }
    found
}

fn agent(shared: &Shared, house: &House, id: &str) -> Option<Route> {
    let config = house.config.agents.get(id)?;
    let known = Some(Agent {
        id: id.into(),
        name: Some(Arc::clone(&config.name)),
        work_number: Some(Arc::clone(&config.work_number)),
    });
    if let Some(fixed) = &config.sip {
        let target = Uri::parse(&fixed.value).ok()?;
        return Some(Route { target, peer: None, agent: known });
    }
    let binding = shared.binding(id)?;
    Some(Route { target: binding.contact, peer: Some(binding.peer), agent: known })
}

/// A number or SIP URI that a flow or an agent names: only what the allow-list has.
fn outside(shared: &Shared, house: &House, address: &str) -> Option<Route> {
    let transfers = &house.config.transfers;
    if !flow::allows(&transfers.allow, address) {
        metrics::counter!("hotline_transfers_refused_total").increment(1);
        return None;
    }
    if house.config.agents.contains_key(address) {
        return agent(shared, house, address);
    }
    if address.contains(':') {
        return Some(Route { target: Uri::parse(address).ok()?, peer: None, agent: None });
    }
    let gateway = Uri::parse(transfers.gateway.as_deref()?).ok()?;
    let gateway = gateway.sip()?.clone().with_user(address);
    Some(Route { target: Uri::Sip(gateway), peer: None, agent: None })
}

/// The address without parameters and headers, as the allow-list is written.
pub(super) fn plain(uri: &Uri) -> String {
    let Some(sip) = uri.sip() else { return String::from_utf8_lossy(&uri.printed()).into_owned() };
    let user = sip.escaped_user().map_or_else(String::new, |user| format!("{user}@"));
    let port = sip.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("sip:{user}{}{port}", sip.host)
}

/// The caller's number, unless it is withheld (RFC 3323) or no number at all.
pub(super) fn number(from: &Uri) -> Option<Arc<str>> {
    let user = match from {
        Uri::Tel(tel) => tel.digits(),
        Uri::Sip(sip) => sip.user()?.into_owned(),
        Uri::Other(_) => return None,
    };
    let withheld = user.eq_ignore_ascii_case("anonymous") || user.is_empty() || user.len() > 64;
    (!withheld).then(|| user.into())
}
