// CircleCI's own MCP server, in a process of its own; its base URL is the bare host.
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

import { K, call, finish } from './calls.mjs';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const imported = (name) => import(pathToFileURL(require.resolve(name)));
const { Client } = await imported('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = await imported('@modelcontextprotocol/sdk/client/stdio.js');

const withBaseURL = { CIRCLECI_BASE_URL: K.origin };
// With a base URL, the server refuses the usage API: it takes the host for a self-hosted CircleCI server.
const redirected = {
  NODE_OPTIONS: `${process.env.NODE_OPTIONS} --import=${new URL('redirect.mjs', import.meta.url)}`,
};

// Each call gets a process of its own, because an unexpected response can end the server.
async function use(tool, params, { expected = '', environment = withBaseURL } = {}) {
  const client = new Client({ name: 'drivers', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [path.join(process.cwd(), 'node_modules/@circleci/mcp-server-circleci/dist/index.js')],
      env: { ...process.env, CIRCLECI_TOKEN: K.token, DISABLE_TELEMETRY: 'true', ...environment },
    }),
  );
  try {
    const result = await client.callTool({ name: tool, arguments: { params } });
    const text = result.content.map((part) => part.text).join('\n');
    // A job whose details are missing (404) is reported as one without logs, tests or artifacts.
    if (result.isError || !text.includes(expected) || /^No .* found/i.test(text)) {
      throw new Error(text);
    }
    return text;
  } finally {
    await client.close();
  }
}

const web = { projectSlug: K.project_slug, branch: 'main' };
const projectURL = `https://app.circleci.com/pipelines/${K.project_slug}`;
const outputDir = path.join(os.tmpdir(), 'usage');
let jobId;

const calls = {
  find_flaky_tests: () => use('find_flaky_tests', { projectSlug: K.project_slug }),
  get_latest_pipeline_status: () => use('get_latest_pipeline_status', web, { expected: 'Status' }),
  'get_latest_pipeline_status of a URL': () => use('get_latest_pipeline_status', { projectURL }),
  get_job_test_results: () =>
    use('get_job_test_results', {
      projectURL: `${projectURL}/${K.pipeline_number}/workflows/${K.workflow_id}/jobs/${K.test_job_number}`,
    }),
  'get_job_test_results of a branch': () => use('get_job_test_results', web),
  list_artifacts: () => use('list_artifacts', web),
  'list_artifacts of a job': () =>
    use(
      'list_artifacts',
      { projectURL: `${projectURL}/${K.pipeline_number}/workflows/${K.workflow_id}/jobs/${K.job_number}` },
      { expected: 'web.tar' },
    ),
  list_component_versions: () =>
    use('list_component_versions', {
      projectID: K.project_id,
      orgID: K.organization_id,
      componentID: K.component_id,
      environmentID: K.environment_id,
    }),
  'list_component_versions, looking for components': () =>
    use('list_component_versions', { projectSlug: K.project_slug }),
  run_pipeline: () => use('run_pipeline', { ...web, pipelineChoiceName: 'build' }, { expected: 'successfully' }),
  'run_pipeline of a standalone project': () =>
    use(
      'run_pipeline',
      { projectSlug: K.standalone_project_slug, branch: 'main', pipelineChoiceName: 'build' },
      { expected: 'successfully' },
    ),
  run_rollback_pipeline: () =>
    use('run_rollback_pipeline', {
      projectID: K.project_id,
      environmentName: 'production',
      componentName: K.component_name,
      currentVersion: K.current_version,
      targetVersion: K.target_version,
      namespace: 'default',
    }),
  rerun_workflow: () => use('rerun_workflow', { workflowId: K.workflow_id, fromFailed: true }),
  'download_usage_api_data, starting an export': async () => {
    const text = await use(
      'download_usage_api_data',
      { orgId: K.organization_id, startDate: K.last_week, endDate: K.yesterday, outputDir },
      { environment: redirected },
    );
    jobId = text.match(/[0-9a-f-]{36}/)?.[0];
  },
  'download_usage_api_data of an export': () =>
    use('download_usage_api_data', { orgId: K.organization_id, jobId, outputDir }, { environment: redirected }),
  get_build_failure_logs: () =>
    use('get_build_failure_logs', {
      projectURL: `${projectURL}/${K.pipeline_number}/workflows/${K.workflow_id}/jobs/${K.test_job_number}`,
    }),
  list_followed_projects: () => use('list_followed_projects', {}),
  config_helper: () => use('config_helper', { configFile: 'version: 2.1' }),
};

for (const [name, run] of Object.entries(calls)) {
  await call(name, run);
}
finish();
