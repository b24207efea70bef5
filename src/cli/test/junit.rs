//! Results as JUnit XML, as build servers read it: a suite a flow, a test case a scenario.

use std::path::Path;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::play::Played;
use crate::diagnostic::Sources;
use crate::diagnostic::text::render;

/// All flows of a run.
#[derive(Default)]
pub(super) struct Report(Vec<TestSuite>);

impl Report {
    /// Takes what came of one flow's scenarios.
    pub(super) fn add(&mut self, path: &Path, played: &Played<'_>, sources: &Sources) {
        let mut suite = TestSuite::new(path.display().to_string());
        for (scenario, outcome) in &played.scenarios {
            let status = match &outcome.failure {
                None => TestCaseStatus::success(),
                Some(failure) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(failure.says.as_str());
                    status.set_type(failure.code);
                    let shown = render(std::slice::from_ref(failure), sources, false);
                    status.set_description(format!("{shown}\n{}", outcome.transcript));
                    status
                }
            };
            suite.add_test_case(TestCase::new(scenario.name.value.as_str(), status));
        }
        self.0.push(suite);
    }

    pub(super) fn xml(self) -> String {
        let mut document = Document::new("hotline test");
        document.add_test_suites(self.0);
        // Everything in it is text: writing it into memory cannot fail.
        document.to_string().unwrap_or_default()
    }
}
