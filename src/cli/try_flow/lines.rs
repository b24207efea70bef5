//! A call from lines: keys, or what else happens. Time passes in between, so that a script takes none.

use std::io::{self, BufRead, Write};
use std::time::Duration;

use super::trial::{Deed, Trial};
use crate::secret::Key;
use crate::time::Mono;
use crate::value::{Type, Value};

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// Nothing is done until something happens by itself.
    Silence,
    Wait(Duration),
    Does(Vec<Deed>),
    Unknown,
}

/// How long a caller takes for a key.
const KEY: Duration = Duration::from_millis(200);

/// Plays the call to its end; the end of `input` hangs up.
pub(super) fn run(
    mut trial: Trial<'_>,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut now = Mono::ZERO;
    trial.pass(now, out)?;
    let mut line = String::new();
    while !trial.is_over() {
        // What is spoken is heard out before the next line is read.
        while let Some(heard) = trial.heard_at() {
            now = heard.max(now);
            trial.pass(now, out)?;
        }
        if trial.is_over() {
            break;
        }
        line.clear();
        if input.read_line(&mut line)? == 0 {
            trial.does(now, Deed::HangUp, out)?;
            break;
        }
        match read(line.trim()) {
            Line::Silence => now = trial.due().unwrap_or(now).max(now),
            Line::Wait(length) => {
                let until = now + length;
                while let Some(due) = trial.due().filter(|due| *due <= until) {
                    now = due.max(now);
                    trial.pass(now, out)?;
                }
                now = until;
            }
            Line::Does(deeds) => {
                for deed in deeds {
                    now += KEY;
                    trial.does(now, deed, out)?;
                }
            }
            Line::Unknown => writeln!(out, "? {}", line.trim())?,
        }
        trial.pass(now, out)?;
    }
    Ok(())
}

fn read(line: &str) -> Line {
    let keys: Option<Vec<Deed>> =
        line.chars().map(|symbol| Key::from_symbol(symbol).map(Deed::Press)).collect();
    match line {
        "" => Line::Silence,
        "agent" | "agent leaves" => Line::Does(vec![Deed::Agent]),
        "nobody" => Line::Does(vec![Deed::Nobody]),
        "look" => Line::Does(vec![Deed::Look]),
        "full" => Line::Does(vec![Deed::Full]),
        "hang up" => Line::Does(vec![Deed::HangUp]),
        _ => match (keys, line.strip_prefix("wait ").map(|length| Type::Duration.read(length))) {
            (Some(keys), _) => Line::Does(keys),
            (None, Some(Ok(Value::Duration(length)))) => Line::Wait(length),
            (None, Some(Ok(_) | Err(_)) | None) => Line::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::{Connectors, Silent, TryArgs, start};
    use super::*;
    use crate::call::{Answer, Check, Question, Setting, Verdict};
    use crate::server::house::{Ground, Overrides};

    /// The shop's first order; no other.
    struct Orders;

    impl Connectors for Orders {
        fn ask(&mut self, question: &Question) -> Answer {
            let columns = [
                ("status", Value::Choice("shipped".into())),
                ("carrier", Value::Text("顺丰".into())),
                ("eta", Type::Date.read("2026-11-26").unwrap()),
                ("total", Type::Money.read("129.35").unwrap()),
            ];
            match question.with.as_slice() {
                [(_, Value::Digits(number))] if &**number == "20260001" => Answer::Found(Arc::new(
                    columns.into_iter().map(|(name, value)| (name.into(), value)).collect(),
                )),
                _ => Answer::NotFound,
            }
        }

        fn verify(&mut self, _: &Check) -> Verdict {
            Verdict::Failed // the shop asks for no secret
        }
    }

    /// What the terminal shows of a call of the demo's shop.
    fn try_shop(lines: &str) -> String {
        let own = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let mut ground = Ground::read(&own("hotline.yaml"), &Overrides::default()).unwrap();
        let flow = ground.read_flow(&own("flows/shop.yaml")).unwrap();
        let args = TryArgs {
            flow: "shop".into(),
            caller: None,
            called: "4001".into(),
            language: Some("en-US".into()),
            at: crate::sim::moment_of("2026-11-24T15:00+08:00"),
            #[cfg(feature = "sound")]
            sound: false,
            config: "hotline.yaml".into(),
        };
        let start = start(&args, &flow);
        let calendars = Arc::new(ground.config.times());
        let setting = Setting { flow, catalogues: ground.catalogues, calendars };
        let mut out = Vec::new();
        let (mut orders, mut silent) = (Orders, Silent);
        let trial = Trial::new(Arc::new(setting), start, &mut orders, &mut silent);
        run(trial, &mut lines.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
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
        - lookup order: found, status = shipped, carrier = 顺丰, eta = 2026-11-26, total = 129.35
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
        for line in
            ["- silence: try 1", "- that does not fit: try 2", "? what", "- step agent-unasked"]
        {
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
}
