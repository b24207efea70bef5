//! Findings as JUnit XML, which build servers show as tests: a suite for each file looked at, a case for each finding.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Diagnostic, FileId, Level, Sources};

/// Shows `found` file by file, with a line break at the end. What is at least as bad as `fails` is a failure; anything
/// less passes and says so in its output. A file without findings is one case that passes.
#[must_use]
pub fn render(found: &[Diagnostic], sources: &Sources, fails: Level) -> String {
    let found = super::in_order(found);
    let mut report = Report::new("hotline check");
    for (file, source) in (0..).map(FileId).zip(&sources.0) {
        let mut suite = TestSuite::new(&*source.name);
        let mut own = found.iter().filter(|it| it.span.file == file).peekable();
        if own.peek().is_none() {
            let mut case = TestCase::new("no problems", TestCaseStatus::success());
            case.set_classname(&*source.name);
            suite.add_test_case(case);
        }
        suite.add_test_cases(own.map(|it| case(it, sources, fails)));
        report.add_test_suite(suite);
    }
    // Texts alone: writing them to memory cannot fail.
    let mut text = report.to_string().unwrap_or_default();
    text.push('\n');
    text
}

fn case(it: &Diagnostic, sources: &Sources, fails: Level) -> TestCase {
    let place = sources.place(it.span).unwrap_or((1, 1));
    let name = sources.get(it.span.file).map_or("", |source| &*source.name);
    let text = match &it.help {
        Some(help) => format!("{name}:{}:{}: {}\nhelp: {help}", place.0, place.1, it.says),
        None => format!("{name}:{}:{}: {}", place.0, place.1, it.says),
    };
    let level = match it.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Hint => "hint",
    };
    let status = if it.level >= fails {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(level).set_message(it.says.as_str()).set_description(text.as_str());
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = TestCase::new(format!("{} at {}:{}", it.code, place.0, place.1), status);
    case.set_classname(name);
    if it.level < fails {
        case.set_system_out(format!("{level}: {text}"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diagnostic::{Diagnostic, Level, Sources, Span};

    #[test]
    fn build_servers_get_a_suite_for_each_file_and_failures_by_level() {
        let mut sources = Sources::default();
        let file = sources.add("flows/商城.yaml", "flow: shop\ntitle: 商城 oder\n");
        sources.add("flows/operator.yaml", "flow: operator\n");
        let found = [
            Diagnostic::warning("HL0211", Span::new(file, 6, 10), "no call can come here"),
            Diagnostic::error("HL0203", Span::new(file, 25, 29), "no step is called `<oder>`")
                .help("did you mean `order`?".to_owned()),
            Diagnostic::hint("HL0213", Span::new(file, 900, 901), "a place that is gone"),
        ];
        insta::assert_snapshot!(render(&found, &sources, Level::Error), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="hotline check" tests="4" skipped="0" failures="1" errors="0">
            <testsuite name="flows/商城.yaml" tests="3" skipped="0" errors="0" failures="1">
                <testcase name="HL0211 at 1:7" classname="flows/商城.yaml">
                    <system-out>warning: flows/商城.yaml:1:7: no call can come here</system-out>
                </testcase>
                <testcase name="HL0203 at 2:11" classname="flows/商城.yaml">
                    <failure message="no step is called `&lt;oder&gt;`" type="error">flows/商城.yaml:2:11: no step is called `&lt;oder&gt;`
        help: did you mean `order`?</failure>
                </testcase>
                <testcase name="HL0213 at 1:1" classname="flows/商城.yaml">
                    <system-out>hint: flows/商城.yaml:1:1: a place that is gone</system-out>
                </testcase>
            </testsuite>
            <testsuite name="flows/operator.yaml" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="no problems" classname="flows/operator.yaml"/>
            </testsuite>
        </testsuites>
        "#);
        let denied = render(&found, &sources, Level::Warning);
        assert!(denied.contains("failures=\"2\"") && denied.contains("type=\"warning\""));
    }
}
