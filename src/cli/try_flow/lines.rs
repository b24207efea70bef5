//! A call from lines: keys, or what else happens. Time passes in between, so that a script takes none.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use super::command::{Line, read};
use super::trial::{Deed, Trial};
use crate::time::Mono;

/// How long a caller takes for a key.
const KEY: Duration = Duration::from_millis(200);

/// Plays the call; the end of `input` hangs up. When the call is over, the lines may still go back in it.
pub(super) fn run(
    mut trial: Trial<'_>,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut now = Mono::ZERO;
    trial.pass(now, out)?;
    let mut line = String::new();
    loop {
        // What is spoken is heard out before the next line is read.
        while let Some(heard) = trial.heard_at() {
            now = heard.max(now);
            trial.pass(now, out)?;
        }
        line.clear();
        if input.read_line(&mut line)? == 0 {
            if !trial.is_over() {
                trial.does(now, Deed::HangUp, out)?;
            }
            return Ok(());
        }
        let line = read(&line);
        if trial.is_over() && matches!(line, Line::Silence | Line::Wait(_) | Line::Does(_)) {
            continue; // nobody is there any more
        }
        match line {
            // Whoever is recorded falls silent by it, as by Enter at the keyboard.
            Line::Silence if trial.records() => trial.does(now, Deed::Skip, out)?,
            Line::Silence => now = trial.due().unwrap_or(now).max(now),
            Line::Wait(length) => now = trial.wait(now, length, out)?,
            Line::Does(deeds) => {
                for deed in deeds {
                    now += KEY;
                    trial.does(now, deed, out)?;
                }
            }
            Line::Back(count) => now = trial.back(count, out)?.unwrap_or(now),
            line @ (Line::Look
            | Line::Keys
            | Line::Jump(_)
            | Line::Clock(_)
            | Line::Help
            | Line::Unknown(_)) => trial.obey(now, line, out)?,
        }
        trial.pass(now, out)?;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::{Beginning, Connectors, Silent, TryArgs, start};
    use super::*;
    use crate::call::{Answer, Check, Question, Setting, Verdict};
    use crate::server::house::{Ground, Overrides};
    use crate::value::{Type, Value};

    /// The shop's first order; no other. Counts what it is asked.
    #[derive(Default)]
    struct Orders {
        asked: Vec<String>,
    }

    impl Connectors for Orders {
        fn ask(&mut self, question: &Question) -> Answer {
            let with: Vec<_> =
                question.with.iter().map(|(name, value)| format!("{name}={value}")).collect();
            self.asked.push(format!("{} {}", question.lookup, with.join(" ")));
            let columns = [
                ("status", Value::Choice("shipped".into())),
                ("carrier", Value::Text("顺丰".into())),
                ("eta", Type::Date.read("2026-11-26").unwrap()),
                ("total", Type::Money.read("129.35").unwrap()),
                ("number", Value::Digits("20260001".into())),
            ];
            match question.with.first() {
                Some((_, Value::Digits(number))) if &**number == "20260001" => {
                    Answer::Found(Arc::new(
                        columns.into_iter().map(|(name, value)| (name.into(), value)).collect(),
                    ))
                }
                _ => Answer::NotFound,
            }
        }

        fn verify(&mut self, _: &Check) -> Verdict {
            Verdict::Failed // the shop asks for no secret
        }
    }

    /// What the terminal shows of a call of a flow of the demo, and what connectors were asked.
    fn try_flow(flow: &str, hints: bool, lines: &str) -> (String, Vec<String>) {
        let own = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let mut ground = Ground::read(&own("hotline.yaml"), &Overrides::default()).unwrap();
        let flow = ground.read_flow(&own(flow)).unwrap();
        let args = TryArgs {
            flow: "shop".into(),
            with: Vec::new(),
            hints,
            caller: None,
            called: "4001".into(),
            language: Some("en-US".into()),
            at: crate::sim::moment_of("2026-11-24T15:00+08:00"),
            #[cfg(feature = "sound")]
            sound: false,
            config: "hotline.yaml".into(),
        };
        let start = start(&args, &flow);
        // A shop that closes.
        let hours = ground.config.calendars["shop-hours"].clone();
        ground.config.calendars.insert("shop".into(), hours);
        let calendars = Arc::new(ground.config.times());
        let inputs = super::super::inputs::of(&flow, &[], &mut io::empty(), &mut io::sink());
        let inputs = inputs.unwrap().unwrap();
        let setting = Setting { flow, catalogues: ground.catalogues, calendars };
        let mut out = Vec::new();
        let (mut orders, mut silent) = (Orders::default(), Silent);
        let beginning = Beginning { setting: Arc::new(setting), start, inputs };
        let mut trial = Trial::new(beginning, &mut orders, &mut silent);
        trial.hints = hints;
        run(trial, &mut lines.as_bytes(), &mut out).unwrap();
        (String::from_utf8(out).unwrap(), orders.asked)
    }

    /// The same of the demo's shop.
    fn try_shop(lines: &str) -> String {
        try_flow("flows/shop.yaml", false, lines).0
    }

    /// What is shown from the line on that begins with `from`.
    fn shown_from<'s>(shown: &'s str, from: &str) -> &'s str {
        let at = shown.find(from).unwrap_or_else(|| panic!("no {from}: {shown}"));
        &shown[at..]
    }

    #[test]
    fn a_call_out_of_lines_reads_like_a_conversation() {
        insta::assert_snapshot!(try_shop("1\n20260001#\n0\nagent\nagent leaves\n"), @"
        - step welcome
        - calendar shop is open
          Welcome to the shop hotline.
        - step main
          For order status, press 1. For returns, press 2. For an invoice, press 3. To speak with a person, press 0. 中文服务请按九。
        - key 1 leads to order-status
        - step order-status
        - step ask-order
          Please enter the eight digits of your order number, then press the pound key.
        - keyed order_number = 20260001
        - step tell-order
        - lookup order: found, status = shipped, carrier = 顺丰, eta = 2026-11-26, total = 129.35, number = 20260001
          Your order was shipped by S F Express and should arrive on November twenty-sixth.
          The order total is one hundred twenty-nine yuan and thirty-five fen.
        - step anything-else
          For another order, press 1. To speak with a person, press 0. Otherwise, you can simply hang up.
        - key 0 leads to agent
        - step agent
        - because caller_asked
        - step wait
          While you wait, you can go back to the main menu at any time with the pound key.
        - waits in queue service, priority 0
        - an agent would see
            reason: caller_asked
            Order: 20260001
            Status: shipped
            Carrier: 顺丰
            Expected: 2026-11-26
            Total: 129.35
            path: welcome > main > order-status > ask-order > tell-order > anything-else > agent > wait
          ♪
        - the wait is over after 0 s: connected
        - talks to agent you
        - the agent hung up
        - the call is hung up
        - ended: the agent hung up
        ");
    }

    #[test]
    fn silence_strangers_and_the_end_of_the_lines_are_understood() {
        let shown = try_shop("\n7\nwhat\nwait 1m\n");
        for line in [
            "- silence: try 1",
            "- that does not fit: try 2",
            "? That means nothing here.",
            "- step agent-unasked",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        assert!(shown.ends_with("- ended: the caller hung up\n"), "{shown}");
    }

    #[test]
    fn a_look_shows_variables_and_what_an_agent_would_see_and_changes_nothing() {
        let shown = try_shop("1\n20260001#\nlook\n0\n");
        let looked = shown.split_once("- variables\n").unwrap().1;
        assert!(looked.contains("    order_number = 20260001\n- an agent would see\n"), "{looked}");
        assert!(looked.contains("    Order: 20260001\n"), "{looked}");
        assert!(looked.contains("- key 0 leads to agent"), "{looked}");
        assert!(!try_shop("look\n").contains("order_number ="));
    }

    #[test]
    fn nobody_there_and_a_full_queue_can_be_tried() {
        assert!(try_shop("0\nnobody\n").contains("- step no-agents"));
        assert!(try_shop("0\nfull\n").contains("- step queue-full"));
        assert!(try_shop("0\n#\nhang up\n").contains("- key # leads to main"));
    }

    #[test]
    fn each_question_says_what_may_be_keyed() {
        let (shown, _) = try_flow("flows/shop.yaml", true, "1\n20260001#\n0\nagent\nkeys\n");
        insta::assert_snapshot!(shown, @"
        - step welcome
        - calendar shop is open
          Welcome to the shop hotline.
        - step main
          For order status, press 1. For returns, press 2. For an invoice, press 3. To speak with a person, press 0. 中文服务请按九。
        - now
            1        order-status    For order status, press 1
            2        returns         For returns, press 2
            3        invoice         For an invoice, press 3
            9        other-language  中文服务请按九
            0        agent           To speak with a person, press 0
            nothing  for 5s, or what does not fit: asked again; 3 times: agent-unasked
        - key 1 leads to order-status
        - step order-status
        - step ask-order
          Please enter the eight digits of your order number, then press the pound key.
        - now
            keys     digits, into order_number
            length   8 keys; # or 3s of silence ends it
            nothing  for 5s, or what does not fit: asked again; 3 times: agent-unasked
        - keyed order_number = 20260001
        - step tell-order
        - lookup order: found, status = shipped, carrier = 顺丰, eta = 2026-11-26, total = 129.35, number = 20260001
          Your order was shipped by S F Express and should arrive on November twenty-sixth.
          The order total is one hundred twenty-nine yuan and thirty-five fen.
        - step anything-else
          For another order, press 1. To speak with a person, press 0. Otherwise, you can simply hang up.
        - now
            1        ask-order  For another order, press 1
            0        agent      To speak with a person, press 0
            nothing  for 5s, or what does not fit: asked again; 2 times: goodbye
        - key 0 leads to agent
        - step agent
        - because caller_asked
        - step wait
          While you wait, you can go back to the main menu at any time with the pound key.
        - waits in queue service, priority 0
        - an agent would see
            reason: caller_asked
            Order: 20260001
            Status: shipped
            Carrier: 顺丰
            Expected: 2026-11-26
            Total: 129.35
            path: welcome > main > order-status > ask-order > tell-order > anything-else > agent > wait
          ♪
        - now
            #        leaves the queue for main
            any key  else means nothing
            agent    an agent answers; when they hang up: the call ends
            nobody   no agent is logged in: no-agents
            full     the queue is full: queue-full
            waiting  after 10m: waited-too-long
        - the wait is over after 0 s: connected
        - talks to agent you
        - now
            any key  is heard by the agent and means nothing to the flow
            agent    the agent hangs up
        - ended: the caller hung up
        ");
    }

    #[test]
    fn a_step_back_asks_no_connector_again() {
        let (shown, asked) =
            try_flow("flows/shop.yaml", false, "1\n20260001#\nback\nlook\n20260001#\nback 2\n0\n");
        assert_eq!(asked, ["order number=20260001"]);
        insta::assert_snapshot!(shown_from(&shown, "- back in step ask-order"), @"
        - back in step ask-order
        - what connectors answered since then is kept: with the same values they are not asked again
          Please enter the eight digits of your order number, then press the pound key.
        - variables
            misses = 0
            in_english = no
        - an agent would see
            path: welcome > main > order-status > ask-order
        - keyed order_number = 20260001
        - step tell-order
        - lookup order is not asked again
        - lookup order: found, status = shipped, carrier = 顺丰, eta = 2026-11-26, total = 129.35, number = 20260001
          Your order was shipped by S F Express and should arrive on November twenty-sixth.
          The order total is one hundred twenty-nine yuan and thirty-five fen.
        - step anything-else
          For another order, press 1. To speak with a person, press 0. Otherwise, you can simply hang up.
        - back in step main
        - what connectors answered since then is kept: with the same values they are not asked again
          For order status, press 1. For returns, press 2. For an invoice, press 3. To speak with a person, press 0. 中文服务请按九。
        - key 0 leads to agent
        - step agent
        - because caller_asked
        - step wait
          While you wait, you can go back to the main menu at any time with the pound key.
        - waits in queue service, priority 0
        - an agent would see
            reason: caller_asked
            path: welcome > main > agent > wait
          ♪
        - the wait is over after 0 s: hung_up
        - ended: the caller hung up
        ");
    }

    #[test]
    fn a_step_back_from_the_first_question_and_from_the_end() {
        assert!(try_shop("back\n").contains("- no question was asked before\n"));
        let shown = try_shop("1\nhang up\nback\n20260001#\n");
        let after = shown_from(&shown, "- back in step ask-order");
        assert!(after.contains("- keyed order_number = 20260001"), "{after}");
        assert!(!after.contains("? "), "{after}");
    }

    #[test]
    fn a_change_is_not_made_twice_and_with_other_values_it_is_another_change() {
        let keys = "1\n20260001#\n";
        let (shown, asked) =
            try_flow("flows/shop.yaml", false, &format!("3\n{keys}back 2\n{keys}"));
        let after = shown_from(&shown, "- back in step");
        assert!(after.contains("- what lookup ask_invoice changed stays changed"), "{shown}");
        assert!(after.contains("- lookup ask_invoice is not asked again"), "{shown}");
        assert_eq!(asked.iter().filter(|it| it.starts_with("ask_invoice")).count(), 1, "{asked:?}");
        let (_, asked) =
            try_flow("flows/shop.yaml", false, &format!("3\n{keys}back 2\n1\n20260002#\n"));
        let changes: Vec<_> = asked.iter().filter(|it| it.starts_with("ask_invoice")).collect();
        let once: Vec<_> = changes.iter().map(|it| it.split_once("once=").unwrap().1).collect();
        assert!(once.len() == 2 && once[0] != once[1], "{changes:?}");
    }

    #[test]
    fn a_jump_leads_into_any_step_and_says_what_is_not_set() {
        let shown = try_shop("jump tell-order\njump ask-ordr\njump leave-message/message\nlook\n");
        insta::assert_snapshot!(shown_from(&shown, "- jump to tell-order"), @"
        - jump to tell-order
        - it reads what nothing has set: order_number
        - step tell-order
        - the flow cannot go on: an expression in step `tell-order` has no value
          We are sorry, but we cannot go on with your call right now. Please call again later.
        - the last resort takes the call
        - ended: the caller is left to the last resort of hotline.yaml
        ? no step is called `ask-ordr`: did you mean `ask-order`?
        ? the call is over: go `back` first
        - variables
            misses = 0
            in_english = no
        - an agent would see
            path: welcome > main > tell-order
        ");
        assert!(try_shop("jump\n").contains("- steps: welcome, main"));
    }

    #[test]
    fn a_clock_that_is_set_decides_about_hours_from_then_on() {
        let shown =
            try_shop("clock\nclock 03:30\njump welcome\nclock +9h\njump welcome\nclock late\n");
        for line in [
            "- the clock says 2026-11-24 15:00:",
            "- the clock says 2026-11-24 03:30:00, Tuesday",
            "- calendar shop is closed",
            "- the clock says 2026-11-24 12:3",
            "Did you mean `clock 2026-02-16 21:30`?",
        ] {
            assert!(shown.contains(line), "{line}: {shown}");
        }
        // A step back goes back to the clock of then, too.
        let shown = try_shop("clock 03:30\n1\nback\nclock\n");
        assert!(shown_from(&shown, "- back in step main").contains("15:00"), "{shown}");
    }

    #[test]
    fn a_flow_that_others_run_is_walked_alone() {
        let (shown, _) = try_flow("flows/shared/leave-message.yaml", false, "9\n9\n");
        assert!(shown.contains("- back from leave-message\n"), "{shown}");
        assert!(shown.ends_with("- ended: the flow said goodbye\n"), "{shown}");
    }

    #[test]
    fn help_lists_every_command() {
        let shown = try_shop("help\njmup main\n");
        for word in ["back", "jump STEP", "clock WHEN", "keys", "wait 10s"] {
            assert!(shown.contains(&format!("  {word}")), "{shown}");
        }
        assert!(shown.contains("? That means nothing here. Did you mean `jump STEP`?"), "{shown}");
    }
}
