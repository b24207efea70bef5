//! Lines and UTF-16 columns of the protocol, bytes of ours; paths and URIs.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use line_index::{LineIndex, WideEncoding, WideLineCol};
use lsp_types::{Position, Range, Uri};

use crate::diagnostic::Span;

/// Where the lines of one text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    index: LineIndex,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, index: LineIndex::new(text) }
    }

    /// The byte at a position; one behind its line is the line's end, one behind the text the text's.
    pub(super) fn offset(&self, at: Position) -> usize {
        let wide = WideLineCol { line: at.line, col: at.character };
        let Some(line) = self.index.line(at.line) else { return self.text.len() };
        let end = usize::from(line.end());
        let end = self.text.get(..end).map_or(end, |it| it.trim_end_matches(['\n', '\r']).len());
        let end = end.max(usize::from(line.start()));
        let column = self.index.to_utf8(WideEncoding::Utf16, wide);
        let offset = column.and_then(|it| self.index.offset(it)).map_or(end, usize::from);
        let offset = offset.min(end);
        if self.text.is_char_boundary(offset) { offset } else { end }
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1; // ends: 0 is a boundary
        }
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let at = self.index.try_line_col(offset.into());
        let wide = at.and_then(|it| self.index.to_wide(WideEncoding::Utf16, it));
        wide.map_or(Position::default(), |it| Position { line: it.line, character: it.col })
    }

    pub(super) fn range(&self, span: Span) -> Range {
        let (start, end) = (span.start as usize, span.end as usize);
        Range { start: self.position(start), end: self.position(end) }
    }
}

/// The path of a file; `None` for what is no file.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    url::Url::parse(uri.as_str()).ok()?.to_file_path().ok()
}

pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_str(url::Url::from_file_path(path).ok()?.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_utf_16_units_and_what_is_too_far_is_the_end() {
        let text = "title: 商城热线\n𝄞: b\r\n\n末";
        let lines = Lines::new(text);
        #[rustfmt::skip]
        let table = [
            // line, column, the byte, what stands there
            (0, 0,  0,  't'), (0, 7,  7,  '商'), (0, 9,  13, '热'), (0, 11, 19, '\n'), (0, 99, 19, '\n'),
            (1, 0,  20, '𝄞'), (1, 2,  24, ':'),  (1, 5,  27, '\r'), (1, 9,  27, '\r'),
            (2, 0,  29, '\n'), (3, 0, 30, '末'),
        ];
        for (line, character, byte, there) in table {
            let at = lines.offset(Position { line, character });
            assert_eq!((at, text[at..].chars().next()), (byte, Some(there)), "{line}:{character}");
        }
        for (byte, _) in text.char_indices().filter(|(at, _)| *at != 28) {
            assert_eq!(lines.offset(lines.position(byte)), byte);
        }
        assert_eq!(lines.offset(Position { line: 9, character: 0 }), text.len());
        assert_eq!(lines.position(99), Position { line: 3, character: 1 });
        // Inside of a letter of two units.
        assert!(text.is_char_boundary(lines.offset(Position { line: 1, character: 1 })));
    }

    #[test]
    fn paths_with_chinese_and_spaces_come_back() {
        let path = Path::new("/srv/热线 1/flows/shop.yaml");
        let uri = uri_of(path).unwrap();
        assert!(uri.as_str().starts_with("file:///srv/%E7%83%AD"), "{}", uri.as_str());
        assert_eq!(path_of(&uri).as_deref(), Some(path));
        assert_eq!(path_of(&Uri::from_str("untitled:Untitled-1").unwrap()), None);
    }

    proptest::proptest! {
        #[test]
        fn any_position_is_a_place_of_the_text(text in "[a\n\r商𝄞: ]{0,20}", line in 0_u32..25, character in 0_u32..30) {
            let at = Lines::new(&text).offset(Position { line, character });
            proptest::prop_assert!(text.is_char_boundary(at));
        }
    }
}
