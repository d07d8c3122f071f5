/** Finds an unfinished run of a pipeline without looking at the others. Never changed once released. */
export const OPEN_RUNS_OF_PIPELINES = `
CREATE INDEX run_open_of_pipeline ON run (ns, pipeline)
  WHERE pipeline IS NOT NULL AND state IN ('pending', 'running', 'cancelling');
`;
