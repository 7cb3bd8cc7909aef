//! The stored form of the rows. Whoever changes it raises the projection's version, so that the next start makes them anew;
//! this test says when that is due.

use switchboard::engine::analytics::{PROJECTION_VERSION, PageLimits};

use super::town::{Deed, Town, run};

#[test]
fn a_change_of_the_rows_is_a_new_version_of_the_projection() {
    run(async {
        let mut town = Town::new(PageLimits::USUAL);
        town.settle().await;
        for deed in [
            Deed::Says { session: 0 },
            Deed::Answers { session: 0, intent: 1 },
            Deed::Waits { minutes: 20 },
            Deed::Says { session: 0 },
            Deed::HandsOver { session: 0 },
            Deed::AgentSays { session: 0, agent: 0 },
            Deed::Closes { session: 0 },
            Deed::Rates { session: 0, score: 4 },
            Deed::Says { session: 1 },
        ] {
            town.take(&deed).await;
        }
        town.settle().await;
        let rows: Vec<String> =
            town.rows().iter().map(|(key, value)| format!("{key} {value}").trim_end().to_owned()).collect();
        let golden = include_str!("../golden/analytics_rows_v3.txt");
        assert_eq!(PROJECTION_VERSION, 3, "a new version has a golden file of its own");
        assert_eq!(
            rows.join("\n"),
            golden.trim_end(),
            "the rows changed: raise PROJECTION_VERSION\n{}",
            rows.join("\n")
        );
    });
}
