//! What stored calls did in a flow as it is now: their journeys laid over its steps, by name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::replay::word;
use crate::flow::model::{Flow, Name};
use crate::flow::{EndOfCall, Ends, Traffic, Walked};

/// Adds one call to what others did. Steps of flows that are run count for the step that runs them.
pub fn add_traffic(traffic: &mut Traffic, flow: &Flow, journey: &[Value]) {
    traffic.calls += 1;
    let (mut at, mut with_person, mut ending) = (None, false, None);
    let (mut seen, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for entry in journey {
        match word(entry, "what") {
            "step" => {
                let step = word(entry, "step");
                if step.contains('/') {
                    continue;
                }
                let to = flow.steps.get_index_of(step);
                match to {
                    Some(to) => {
                        let there = traffic.steps.entry(to).or_default();
                        there.visits += 1;
                        there.calls += u64::from(seen.insert(to));
                    }
                    None => *traffic.unknown.entry(Name::from(step)).or_default() += 1,
                }
                if let (Some(from), Some(to)) = (at, to) {
                    let way: &mut Walked = traffic.ways.entry((from, to)).or_default();
                    way.times += 1;
                    way.calls += u64::from(gone.insert((from, to)));
                }
                at = to;
            }
            "connected" => with_person = true,
            "transfer" => with_person |= word(entry, "event") == "connected",
            "conference" => {
                with_person |= entry.get("event").and_then(|it| it.get("joined")).is_some();
            }
            "ended" => ending = Some(word(entry, "ending")),
            _ => {}
        }
    }
    let end = match ending {
        _ if with_person => EndOfCall::Person,
        Some("transferred") => EndOfCall::Person,
        Some("caller_left") => EndOfCall::Left,
        Some("completed") => EndOfCall::Goodbye,
        Some(_) | None => EndOfCall::Other,
    };
    let ends: &mut Ends = match at {
        Some(at) => &mut traffic.steps.entry(at).or_default().ends,
        None => &mut traffic.nowhere,
    };
    ends.add(end);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::diagnostic::FileId;

    const FLOW: &str = "
flow: pizza
languages: [en-US]
start: welcome
steps:
  welcome:
    - menu: choose
      keys: { 1: order, 0: agent }
      otherwise: agent
  order:
    - goto: welcome
  agent:
    - queue: service
      otherwise: order
";

    /// A call that came to these steps, and what else its journey has.
    fn journey(steps: &[&str], rest: &[Value]) -> Vec<Value> {
        let steps = steps.iter().map(|step| json!({ "what": "step", "step": step }));
        steps.chain(rest.iter().cloned()).collect()
    }

    #[test]
    fn calls_are_counted_once_on_each_way_and_where_they_ended() {
        let (flow, _) = crate::flow::parse(FileId::default(), FLOW);
        let flow = flow.unwrap();
        let ended = |how: &str| json!({ "what": "ended", "ending": how });
        let mut traffic = Traffic::default();
        #[rustfmt::skip]
        let calls = [
            journey(&["welcome", "order", "welcome", "order"], &[ended("caller_left")]),
            journey(&["welcome", "order", "identify/ask", "welcome"], &[ended("completed")]),
            journey(&["welcome", "agent"], &[json!({ "what": "connected" }), ended("caller_left")]),
            journey(&["welcome", "agent"], &[json!({ "what": "transfer", "event": "busy" }), ended("last_resort")]),
            journey(&["welcome", "gone", "agent"], &[ended("agent_left")]),
            journey(&[], &[ended("not_answered")]),
        ];
        calls.iter().for_each(|call| add_traffic(&mut traffic, &flow, call));
        assert_eq!(traffic.calls, 6);
        let steps: Vec<_> = traffic.steps.values().map(|it| (it.calls, it.visits)).collect();
        assert_eq!(steps, [(5, 7), (2, 3), (3, 3)]);
        let ways: Vec<_> =
            traffic.ways.iter().map(|(way, it)| (*way, it.calls, it.times)).collect();
        assert_eq!(ways, [((0, 1), 2, 3), ((0, 2), 2, 2), ((1, 0), 2, 2)]);
        let ends = |at: usize| traffic.steps[&at].ends;
        assert_eq!(ends(1), Ends { left: 1, ..Ends::default() });
        assert_eq!(ends(0), Ends { goodbye: 1, ..Ends::default() });
        assert_eq!(ends(2), Ends { person: 1, other: 2, ..Ends::default() });
        assert_eq!(traffic.nowhere, Ends { other: 1, ..Ends::default() });
        assert_eq!(traffic.unknown, BTreeMap::from([("gone".into(), 1)]));
    }
}
