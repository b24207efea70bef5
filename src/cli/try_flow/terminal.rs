//! A call at the keyboard, in real time.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use super::trial::{Deed, Trial};
use crate::secret::Key;
use crate::time::Mono;

/// The longest sleep between two looks at the clock.
const LOOK: Duration = Duration::from_secs(1);

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

/// Plays the call to its end.
pub(super) fn run(mut trial: Trial<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "Keys: 0-9 * #   Enter: the prompt is over   a: agent   n: nobody there   f: queue full   l: look   q: hang up\n"
    )?;
    let began = Instant::now();
    let clock =
        || Mono::from_micros(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
    let _raw = Raw::new()?;
    trial.line_end = "\r\n";
    trial.pass(clock(), out)?;
    while !trial.is_over() {
        let sleep = trial.due().map_or(LOOK, |due| due.since(clock()).min(LOOK));
        if event::poll(sleep)?
            && let Some(deed) = deed(&event::read()?)
        {
            trial.does(clock(), deed, out)?;
        }
        trial.pass(clock(), out)?;
    }
    Ok(())
}

/// What a key of the keyboard means; `None` for one that means nothing.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a keyboard has many keys, and they are not ours"
)]
fn deed(input: &Input) -> Option<Deed> {
    let Input::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = input else {
        return None;
    };
    let control = modifiers.contains(KeyModifiers::CONTROL);
    match code {
        KeyCode::Char('c' | 'd') if control => Some(Deed::HangUp),
        KeyCode::Char('q') | KeyCode::Esc => Some(Deed::HangUp),
        KeyCode::Char('a') => Some(Deed::Agent),
        KeyCode::Char('n') => Some(Deed::Nobody),
        KeyCode::Char('f') => Some(Deed::Full),
        KeyCode::Char('l') => Some(Deed::Look),
        KeyCode::Enter => Some(Deed::Skip),
        KeyCode::Char(symbol @ ('0'..='9' | '*' | '#')) => {
            Key::from_symbol(*symbol).map(Deed::Press)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyboard_is_a_telephone() {
        let press = |code, modifiers| deed(&Input::Key(KeyEvent::new(code, modifiers)));
        let plain = KeyModifiers::NONE;
        #[rustfmt::skip]
        let table = [
            (KeyCode::Char('5'), plain,                 Some(Deed::Press(Key::from_symbol('5').unwrap()))),
            (KeyCode::Char('#'), KeyModifiers::SHIFT,   Some(Deed::Press(Key::from_symbol('#').unwrap()))),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, Some(Deed::HangUp)),
            (KeyCode::Char('a'), plain,                 Some(Deed::Agent)),
            (KeyCode::Char('l'), plain,                 Some(Deed::Look)),
            (KeyCode::Enter,     plain,                 Some(Deed::Skip)),
            (KeyCode::Char('x'), plain,                 None),
            (KeyCode::Up,        plain,                 None),
        ];
        for (code, modifiers, expected) in table {
            assert_eq!(press(code, modifiers), expected, "{code:?}");
        }
        assert_eq!(deed(&Input::FocusGained), None);
    }
}
