//! What callers answered in surveys, counted out of their journeys: no counter is kept on the side.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;

use super::{Error, Store};

/// No answer has more rows: 16 questions with ten figures each.
const MOST_ROWS: u32 = 160;

/// How often a question was answered by one figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surveyed {
    /// The question's name in the flow.
    pub question: Arc<str>,
    /// The figure.
    pub answer: u8,
    /// In how many answers.
    pub times: u64,
}

impl Store {
    /// What was answered in `survey` by callers whose calls began in `from..until`, by question and figure.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Content`].
    pub async fn surveyed(
        &self,
        survey: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Surveyed>, Error> {
        let rows = sqlx::query(
            "select entry ->> 'question' as question, entry ->> 'answer' as answer, count(*) as times
             from calls join journeys on journeys.call = calls.id
             where started_at >= ? and started_at < ? and entry ->> 'what' = 'surveyed' and entry ->> 'survey' = ?
             group by 1, 2 order by 1, 2 limit ?",
        )
        .bind(from.as_microsecond())
        .bind(until.as_microsecond())
        .bind(survey)
        .bind(MOST_ROWS)
        .fetch_all(&self.pool)
        .await?;
        let counted = rows.iter().map(|row| {
            let answer: i64 = row.try_get("answer")?;
            let times: i64 = row.try_get("times")?;
            Ok(Surveyed {
                question: row.try_get::<&str, _>("question")?.into(),
                answer: u8::try_from(answer).map_err(|_| Error::Content("journeys.entry"))?,
                times: u64::try_from(times).unwrap_or(0),
            })
        });
        counted.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{Entry, NewCall};

    #[tokio::test]
    async fn answers_are_counted_by_question_and_figure_for_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (call, second, answers) in [
            ("a", 10, vec![("after-call", "rate", 5), ("after-call", "solved", 1)]),
            ("b", 20, vec![("after-call", "rate", 5), ("other", "rate", 1)]),
            ("c", 30, vec![("after-call", "rate", 2)]),
            ("d", 40, vec![("after-call", "rate", 4)]),
        ] {
            store
                .append(Entry::Call(NewCall {
                    id: call.into(),
                    flow: "shop".into(),
                    flow_version: "0".into(),
                    from: "".into(),
                    to: "4001".into(),
                    started_at: at(second),
                }))
                .await;
            for (seq, (survey, question, answer)) in answers.into_iter().enumerate() {
                let entry = json!({
                    "at": 1, "what": "surveyed", "survey": survey, "question": question, "answer": answer,
                });
                let seq = u32::try_from(seq).unwrap();
                store.append(Entry::Journey { call: call.into(), seq, entry }).await;
            }
        }
        store.flush().await.unwrap();
        let found = store.surveyed("after-call", at(10), at(40)).await.unwrap();
        let shown: Vec<_> =
            found.iter().map(|it| format!("{} {}: {}", it.question, it.answer, it.times)).collect();
        assert_eq!(shown, ["rate 2: 1", "rate 5: 2", "solved 1: 1"]);
    }
}
