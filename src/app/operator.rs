//! What an operator has done to a customer while no server runs: the parts that erasing needs, without a door and without
//! anybody who answers. It is what the server does, so a kill in the middle is gone on from by the next one of either.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::sync::watch;
use tokio::time::sleep;

use super::thrift::Thrift;
use super::{accounts, answering, files, privacy, sessions};
use crate::actors::{self, Parts, Policies, outbox};
use crate::bus::Bus;
use crate::clock::{SharedClock, SystemClock};
use crate::config::Config;
use crate::domain::privacy::Erasure;
use crate::domain::{CustomerId, OrganizationId, decide};
use crate::engine::memories::Learner;
use crate::engine::unanswered::Collector;
use crate::engine::{Analytics, Customers};
use crate::knowledge::Library;
use crate::store::Store;

/// How often it is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Erases everything that is kept of a customer, under all of their ids, and gives the receipt once the bytes are gone from the
/// disk. Erasures that are under way are done with it.
///
/// # Errors
/// When the organization knows no such customer, a legal hold stands, or a part does not start.
pub async fn erase(
    config: &Config,
    store: &Store,
    organization: &OrganizationId,
    customer: &CustomerId,
) -> Result<Erasure> {
    let clock: SharedClock = Arc::new(SystemClock);
    let policies = Arc::new(Policies::new(store.clone(), Arc::new(config.policy())));
    let parts = Parts {
        store: store.clone(),
        bus: Arc::new(Bus::default()),
        clock: Arc::clone(&clock),
        policies,
        responder: None,
        rules: decide,
        limits: config.actor_limits(),
    };
    let directory = actors::start(parts.clone()).await.map_err(|why| anyhow!("the actors do not start: {why}"))?;
    let (thrift, accountants) = Thrift::new(config, store, &clock);
    let (costs, cache) = thrift.services(config);
    let (analytics, projector) = Analytics::new(store.clone());
    let collector = Collector::new(store.clone(), watch::channel(0).0);
    let sessions = sessions(&parts, &directory);
    let customers = Customers::new(store.clone(), sessions.clone(), Arc::clone(&clock));
    let memories = answering::memories(config, store, &clock);
    let learner = Learner::new(store.clone(), memories.clone(), customers, sessions);
    let accounts = accounts(config, store, &clock).await?;
    // Nothing is delivered meanwhile: what the outbox has not read yet is erased before it does.
    let followers = privacy::followers().filter(|reader| *reader != outbox::READER).collect();
    let kept = (&cache, &costs, &memories, &files::service(config, &parts, None)?);
    let settings = config.knowledge.library(Some(&config.store_url()?));
    let library = Library::new(store.clone(), config.knowledge.embedder()?, settings).paid_from(thrift.purse());
    let (privacy, eraser) = privacy(&parts, &directory, (&analytics, &library), &accounts, kept, followers)?;
    // Whoever follows the feed has to have passed what goes: they note something of it otherwise.
    let (stop, stopping) = watch::channel(false);
    let tasks = [
        tokio::spawn(projector.run(stopping.clone())),
        tokio::spawn(learner.run(stopping.clone())),
        tokio::spawn(collector.run(stopping.clone())),
        tokio::spawn(eraser.run(stopping.clone())),
        tokio::spawn(accountants.run(stopping)),
    ];
    let outcome = async {
        let begun = privacy.erase_for_operator(organization, customer).await?;
        loop {
            let now = privacy.erasure(organization, begun.id)?;
            if now.compacted_at.is_some() {
                return anyhow::Ok(now);
            }
            sleep(LOOK_EVERY).await;
        }
    };
    let outcome = outcome.await;
    stop.send_replace(true);
    directory.drain().await;
    library.close().await;
    for task in tasks {
        task.await.context("a part of the erasing broke")?;
    }
    outcome
}
