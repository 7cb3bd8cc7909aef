//! Costs as JSON.

use jiff::civil::Date;

use crate::domain::cost::{Amounts, MICROS};
use crate::engine::costs::{BudgetReport, CostReport};
use crate::http::console::wire::{BudgetState, CostFigures, CostRow, CostSummary, ReachedRow};

/// A report of a range of days.
pub(in crate::http::console) fn costs(report: &CostReport, (from, to): (Date, Date), group_by: &str) -> CostSummary {
    let total = report.total.cost_micros;
    let percentage = |micros: u64| if total == 0 { 0.0 } else { tenth(micros as f64 * 100.0 / total as f64) };
    let row = |(key, amounts): &(String, Amounts)| CostRow {
        key: key.clone(),
        figures: figures(amounts),
        percentage: percentage(amounts.cost_micros),
    };
    CostSummary {
        from: from.to_string(),
        to: to.to_string(),
        currency: report.currency.clone(),
        group_by: group_by.to_owned(),
        total: figures(&report.total),
        rows: report.rows.iter().map(row).collect(),
    }
}

/// How the budget stands.
pub(in crate::http::console) fn budget(report: &BudgetReport) -> BudgetState {
    BudgetState {
        currency: report.currency.clone(),
        monthly: report.budget.monthly_micros.map(units),
        warn_at: report.budget.warn_at.clone(),
        month: report.month.clone(),
        spent: units(report.spent_micros),
        reserved: units(report.reserved_micros),
        percent_used: report.percent_used().map(tenth),
        state: if report.is_spent() { "spent" } else { "open" },
        warnings: report.warnings.iter().map(|w| ReachedRow { percent: w.percent, at: w.at.to_string() }).collect(),
    }
}

fn figures(amounts: &Amounts) -> CostFigures {
    CostFigures {
        calls: amounts.calls,
        prompt_tokens: amounts.prompt_tokens,
        completion_tokens: amounts.completion_tokens,
        cost_micros: amounts.cost_micros,
        cost: units(amounts.cost_micros),
        estimated_micros: amounts.estimated_micros,
    }
}

/// An amount in the currency.
pub(in crate::http::console) fn units(micros: u64) -> f64 {
    micros as f64 / MICROS as f64
}

fn tenth(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}
