//! A call at the keyboard, in real time.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use super::command::{Line, read};
use super::entry::{Entry, Written};
use super::trial::{Deed, Trial};
use crate::secret::Key;
use crate::time::Mono;

/// The longest sleep between two looks at the clock.
const LOOK: Duration = Duration::from_secs(1);

/// What is shown first.
const KEYS: &str = "\
Keys: 0-9 * #   Enter: the prompt is over   a: agent   n: nobody there   f: queue full   q: hang up
      ?: what may be keyed   l: look   b: back   j: jump to a step   t: set the clock   h: help
      `:` begins a command; Tab completes it, Up brings back the one before. Time stands still meanwhile.
";

/// The terminal hands over each key, until this is dropped.
struct Raw;

impl Raw {
    fn new() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Where the terminal is gone there is nothing to give back.
        let _ = terminal::disable_raw_mode();
    }
}

/// The call's time: real time, but for what is spent on writing commands, and less after a step back.
struct Clock {
    began: Instant,
    /// How much of the time since then did not pass in the call, and how much more did.
    stood_still: Duration,
    skipped: Duration,
}

impl Clock {
    fn new() -> Self {
        Self { began: Instant::now(), stood_still: Duration::ZERO, skipped: Duration::ZERO }
    }

    fn now(&self) -> Mono {
        let passed = (self.began.elapsed() + self.skipped).saturating_sub(self.stood_still);
        Mono::from_micros(u64::try_from(passed.as_micros()).unwrap_or(u64::MAX))
    }

    /// Lets it be `now`.
    fn set(&mut self, now: Mono) {
        let is = self.now();
        self.stood_still += is.since(now);
        self.skipped += now.since(is);
    }
}

/// What a key of the keyboard means.
#[derive(Debug, PartialEq, Eq)]
enum Stroke {
    Does(Deed),
    Obeys(Line),
    /// A command is written, which begins so.
    Writes(&'static str),
    Nothing,
}

/// Plays the call to its end, and on from an earlier question if that is wanted.
pub(super) fn run(mut trial: Trial<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{KEYS}")?;
    let mut clock = Clock::new();
    let mut entry = Entry::default();
    let _raw = Raw::new()?;
    trial.line_end = "\r\n";
    trial.pass(clock.now(), out)?;
    loop {
        if trial.is_over() {
            write!(out, "(b: back to the last question   any other key: end)\r\n")?;
            out.flush()?;
            match stroke(&key()?) {
                Stroke::Obeys(Line::Back(count)) => {
                    if let Some(then) = trial.back(count, out)? {
                        clock.set(then);
                    }
                    if trial.is_over() {
                        return Ok(());
                    }
                }
                Stroke::Does(_) | Stroke::Obeys(_) | Stroke::Writes(_) | Stroke::Nothing => {
                    return Ok(());
                }
            }
        }
        let sleep = trial.due().map_or(LOOK, |due| due.since(clock.now()).min(LOOK));
        if event::poll(sleep)? {
            let now = clock.now();
            let stroke = stroke(&event::read()?);
            let line = match stroke {
                Stroke::Does(deed) => Some(Line::Does(vec![deed])),
                Stroke::Obeys(line) => Some(line),
                Stroke::Writes(begun) => written(&trial, &mut entry, begun, out)?,
                Stroke::Nothing => None,
            };
            clock.set(now);
            match line {
                Some(Line::Does(deeds)) => {
                    for deed in deeds {
                        trial.does(now, deed, out)?;
                    }
                }
                Some(Line::Back(count)) => {
                    if let Some(then) = trial.back(count, out)? {
                        clock.set(then);
                    }
                }
                Some(Line::Wait(length)) => clock.set(trial.wait(now, length, out)?),
                Some(line) => trial.obey(now, line, out)?,
                None => {}
            }
        }
        trial.pass(clock.now(), out)?;
    }
}

/// Waits for a key of the keyboard.
fn key() -> io::Result<Input> {
    loop {
        let input = event::read()?;
        if matches!(&input, Input::Key(KeyEvent { kind: KeyEventKind::Press, .. })) {
            return Ok(input);
        }
    }
}

/// Lets a command be written; none if it is given up.
fn written(
    trial: &Trial<'_>,
    entry: &mut Entry,
    begun: &str,
    out: &mut impl Write,
) -> io::Result<Option<Line>> {
    entry.begin(begun);
    loop {
        // The whole line again, and nothing left behind it of what stood there.
        write!(out, "\r\x1b[K: {}", entry.text())?;
        out.flush()?;
        let Input::Key(key) = key()? else { continue };
        match entry.key(&key, trial.steps()) {
            Written::More => {}
            Written::Choices(choices) => {
                let choices: Vec<_> =
                    choices.iter().map(|it| it.trim_start_matches("jump ")).collect();
                write!(out, "\r\n  {}\r\n", choices.join("  "))?;
            }
            Written::Done(line) => {
                write!(out, "\r\n")?;
                return Ok(Some(read(&line)).filter(|it| *it != Line::Silence));
            }
            Written::Given => {
                write!(out, "\r\x1b[K")?;
                out.flush()?;
                return Ok(None);
            }
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a keyboard has many keys, and they are not ours"
)]
fn stroke(input: &Input) -> Stroke {
    let Input::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = input else {
        return Stroke::Nothing;
    };
    let control = modifiers.contains(KeyModifiers::CONTROL);
    match code {
        KeyCode::Char('c' | 'd') if control => Stroke::Does(Deed::HangUp),
        KeyCode::Char('q') | KeyCode::Esc => Stroke::Does(Deed::HangUp),
        KeyCode::Char('a') => Stroke::Does(Deed::Agent),
        KeyCode::Char('n') => Stroke::Does(Deed::Nobody),
        KeyCode::Char('f') => Stroke::Does(Deed::Full),
        KeyCode::Char('l') => Stroke::Obeys(Line::Look),
        KeyCode::Char('?' | 'k') => Stroke::Obeys(Line::Keys),
        KeyCode::Char('h') => Stroke::Obeys(Line::Help),
        KeyCode::Char('b') => Stroke::Obeys(Line::Back(1)),
        KeyCode::Char('j') => Stroke::Writes("jump "),
        KeyCode::Char('t') => Stroke::Writes("clock "),
        KeyCode::Char(':') => Stroke::Writes(""),
        KeyCode::Enter => Stroke::Does(Deed::Skip),
        KeyCode::Char(symbol @ ('0'..='9' | '*' | '#')) => {
            Key::from_symbol(*symbol).map_or(Stroke::Nothing, |key| Stroke::Does(Deed::Press(key)))
        }
        _ => Stroke::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyboard_is_a_telephone() {
        let press = |code, modifiers| stroke(&Input::Key(KeyEvent::new(code, modifiers)));
        let plain = KeyModifiers::NONE;
        let key = |symbol| Stroke::Does(Deed::Press(Key::from_symbol(symbol).unwrap()));
        #[rustfmt::skip]
        let table = [
            (KeyCode::Char('5'), plain,                 key('5')),
            (KeyCode::Char('#'), KeyModifiers::SHIFT,   key('#')),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, Stroke::Does(Deed::HangUp)),
            (KeyCode::Char('a'), plain,                 Stroke::Does(Deed::Agent)),
            (KeyCode::Char('l'), plain,                 Stroke::Obeys(Line::Look)),
            (KeyCode::Char('?'), KeyModifiers::SHIFT,   Stroke::Obeys(Line::Keys)),
            (KeyCode::Char('b'), plain,                 Stroke::Obeys(Line::Back(1))),
            (KeyCode::Char('j'), plain,                 Stroke::Writes("jump ")),
            (KeyCode::Char(':'), plain,                 Stroke::Writes("")),
            (KeyCode::Enter,     plain,                 Stroke::Does(Deed::Skip)),
            (KeyCode::Char('x'), plain,                 Stroke::Nothing),
            (KeyCode::Up,        plain,                 Stroke::Nothing),
        ];
        for (code, modifiers, expected) in table {
            assert_eq!(press(code, modifiers), expected, "{code:?}");
        }
        assert_eq!(stroke(&Input::FocusGained), Stroke::Nothing);
    }

    #[test]
    fn what_is_spent_on_commands_does_not_pass_in_the_call() {
        let mut clock = Clock::new();
        let before = clock.now();
        clock.began -= Duration::from_secs(60);
        clock.set(before);
        assert!(clock.now().since(before) < Duration::from_secs(30));
    }
}
