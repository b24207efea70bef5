//! Counted things in what people read: `1 call`, `2 calls`, `10,000 mismatches`.

/// So many of what `one` names.
pub(super) fn counted(count: impl TryInto<u64>, one: &str) -> String {
    let count: u64 = count.try_into().unwrap_or(u64::MAX);
    let ending = match one {
        _ if count == 1 => "",
        _ if one.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {one}{ending}")
}

/// A number in groups of three figures: `10,000,000`.
pub(super) fn grouped(count: u64) -> String {
    let figures = count.to_string();
    let mut grouped = String::new();
    for (at, figure) in figures.char_indices() {
        if at > 0 && (figures.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(figure);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_counted_as_many() {
        #[rustfmt::skip]
        let table = [(0_usize, "call", "0 calls"), (1, "call", "1 call"), (2, "mismatch", "2 mismatches"), (1, "branch", "1 branch")];
        for (count, one, expected) in table {
            assert_eq!(counted(count, one), expected);
        }
    }

    #[test]
    fn long_numbers_stand_in_groups() {
        for (count, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(count), expected);
        }
    }
}
