//! What went on in a call, and what an agent would see of it, as lines of a terminal.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::call::{ConferenceEvent, Context, Ending, Passage, TransferEvent, What};

/// What is shown of a passage; prompts show themselves.
pub(super) fn shown(passage: &Passage) -> Option<String> {
    Some(match &passage.what {
        What::Step { step } => format!("- step {step}"),
        What::Heard { .. } | What::Position { .. } | What::Withdrawn => return None,
        What::Interrupted => "  (stopped)".to_owned(),
        What::Chose { key, step } => format!("- key {} leads to {step}", key.symbol()),
        What::Keyed { name, value } => format!("- keyed {name} = {value}"),
        What::Corrected { .. } => "- that was not what was meant".to_owned(),
        What::Silence { tries, .. } => format!("- silence: try {tries}"),
        What::Wrong { tries, .. } => format!("- that does not fit: try {tries}"),
        What::LookedUp { lookup, outcome, with: _, took: _, found } => {
            let mut text = format!("- lookup {lookup}: {outcome}");
            for (name, value) in found.iter().flat_map(|row| row.iter()) {
                // Writing into a `String` cannot fail.
                let _ = write!(text, ", {name} = {value}");
            }
            text
        }
        What::Verified { lookup, account, outcome, took: _ } => {
            format!("- verify {lookup} for {account}: {outcome}")
        }
        What::Hours { calendar, open } => {
            format!("- calendar {calendar} is {}", if *open { "open" } else { "closed" })
        }
        What::Language { language } => format!("- language {language}"),
        What::Reason { because } => format!("- because {because}"),
        What::Queued { queue, priority, .. } => {
            format!("- waits in queue {queue}, priority {priority}")
        }
        What::Offered { agent } => format!("- agent {} rings", agent.id),
        What::Waited { took, outcome, .. } => {
            format!("- the wait is over after {} s: {outcome}", took.as_secs())
        }
        What::Connected { agent } => format!("- talks to agent {}", agent.id),
        What::AgentLeft => "- the agent hung up".to_owned(),
        What::Transferring { to, .. } => {
            format!("- transfer to {to} (nobody is called, this is a try)")
        }
        What::Transfer { event } => format!("- transfer: {}", outcome(event)),
        What::Case { kind, number: Some(number), promised: Some(promised), .. } => {
            format!(
                "- case {kind} {number}, answer promised by {} (not kept, this is a try)",
                promised.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M")
            )
        }
        What::Case { kind, .. } => format!("- case {kind}: failed"),
        What::Callback { queue, number: Some(number), outcome } => {
            format!(
                "- call back of {number} by queue {queue}: {outcome} (nobody does, this is a try)"
            )
        }
        What::Callback { queue, outcome, .. } => format!("- call back by queue {queue}: {outcome}"),
        What::Notified { to } => format!("- {to} is told (not really, this is a try)"),
        What::Recorded { took, outcome, .. } => {
            format!("- recorded {:.1} s: {outcome}", took.as_secs_f64())
        }
        What::Reviewed { deed, .. } => format!("- review: {deed}"),
        What::Surveyed { survey, question, answer } => format!("- {survey}: {question} = {answer}"),
        What::Conferring { room, with, .. } => {
            format!(
                "- conference {room} with {} (nobody is called, this is a try)",
                with.join(", ")
            )
        }
        What::Conference { event } => match event {
            ConferenceEvent::Joined(who) => format!("- {who} joins"),
            ConferenceEvent::Left(who) => format!("- {who} leaves"),
            ConferenceEvent::Refused(who) => format!("- {who} is not to be had"),
            ConferenceEvent::Failed => "- nobody is to be had".to_owned(),
        },
        What::Conferred { took, outcome, .. } => {
            format!("- the conference is over after {} s: {outcome}", took.as_secs())
        }
        What::Returned { flow, exit: None } => format!("- back from {flow}"),
        What::Returned { flow, exit: Some(exit) } => format!("- back from {flow} by {exit}"),
        What::Stuck { because } => format!("- the flow cannot go on: {because}"),
        What::Ended { ending } => format!("- ended: {}", ended(*ending)),
    })
}

const fn ended(how: Ending) -> &'static str {
    match how {
        Ending::Completed => "the flow said goodbye",
        Ending::CallerLeft => "the caller hung up",
        Ending::AgentLeft => "the agent hung up",
        Ending::OtherLeft => "the other side hung up",
        Ending::Transferred => "the caller was sent elsewhere",
        Ending::LastResort => "the caller is left to the last resort of hotline.yaml",
        Ending::NotAnswered => "it was never answered",
    }
}

const fn outcome(event: &TransferEvent) -> &'static str {
    match event {
        TransferEvent::Ringing => "it rings there",
        TransferEvent::Connected => "connected",
        TransferEvent::Busy => "busy",
        TransferEvent::NoAnswer => "nobody answers",
        TransferEvent::Declined => "declined",
        TransferEvent::Failed => "failed",
        TransferEvent::OtherLeft => "the other side hung up",
    }
}

/// What an agent would see first.
pub(super) fn record(context: &Context) -> Vec<String> {
    let mut lines = vec!["- an agent would see".to_owned()];
    if let Some(reason) = &context.reason {
        lines.push(format!("    reason: {reason}"));
    }
    for field in &context.fields {
        let label = field.label.get(&context.language).or_else(|| field.label.values().next());
        lines.push(format!("    {}: {}", label.map_or("", |it| it), field.value));
    }
    let path: Vec<&str> = context.path.iter().map(|visit| &*visit.step).collect();
    lines.push(format!("    path: {}", path.join(" > ")));
    lines
}
