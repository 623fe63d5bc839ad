//! Tables to endpoints: what the cells mean. Never fails, reports.
