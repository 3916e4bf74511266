// circle-client; its URL is a static property of the class.
// It percent-encodes the slashes of slugs. With the option --literal-slashes, it does not.
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

import { K, call, finish } from './calls.mjs';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const CircleCI = require('circle-client').default;

CircleCI.baseUrl = K.url;
const client = new CircleCI(K.token, K.project_slug.split('/'));
if (process.argv.includes('--literal-slashes')) {
  client.getProjectSlug = () => K.project_slug;
}
const { workflow_name: workflow, job_name: job } = K;

const calls = {
  getProject: () => client.getProject(),
  listCheckoutKeys: () => client.listCheckoutKeys(),
  createCheckoutKey: () => client.createCheckoutKey('deploy-key'),
  getCheckoutKey: () => client.getCheckoutKey(K.fingerprint),
  deleteCheckoutKey: () => client.deleteCheckoutKey(K.fingerprint),
  listEnvVars: () => client.listEnvVars(),
  getEnvVar: () => client.getEnvVar('REGION'),
  createEnvVar: () => client.createEnvVar('KEY', 'value'),
  deleteEnvVar: () => client.deleteEnvVar('REGION'),
  getWorkflow: () => client.getWorkflow(K.workflow_id),
  listWorkflowJobs: () => client.listWorkflowJobs(K.workflow_id),
  listWorkflowMetrics: () => client.listWorkflowMetrics(),
  'listWorkflowMetrics of a branch': () => client.listWorkflowMetrics({ branch: 'main' }),
  listWorkflowJobMetrics: () => client.listWorkflowJobMetrics(workflow),
  listWorkflowRuns: () => client.listWorkflowRuns(workflow),
  'listWorkflowRuns between dates': () =>
    client.listWorkflowRuns(workflow, { startDate: K.last_week, endDate: K.yesterday }),
  listWorkflowJobRuns: () => client.listWorkflowJobRuns(workflow, job),
  listPipelines: () => client.listPipelines('gh/acme'),
  'listPipelines of github/': () => client.listPipelines('github/acme', { onlyMine: true }),
  getPipeline: () => client.getPipeline(K.pipeline_id),
  getPipelineConfig: () => client.getPipelineConfig(K.pipeline_id),
  listPipelineWorkflows: () => client.listPipelineWorkflows(K.pipeline_id),
  listProjectPipelines: () => client.listProjectPipelines({ branch: 'main' }),
  'listProjectPipelines, second page': async () => {
    const { next_page_token: pageToken } = await client.listProjectPipelines();
    await client.listProjectPipelines({ pageToken });
  },
  listOwnProjectPipelines: () => client.listOwnProjectPipelines(),
  getProjectPipeline: () => client.getProjectPipeline(K.pipeline_number),
  getJob: () => client.getJob(K.job_number),
  listJobArtifacts: () => client.listJobArtifacts(K.job_number),
  listJobTests: () => client.listJobTests(K.test_job_number),
  getMe: () => client.getMe(),
  getCollaborations: () => client.getCollaborations(),
  getUser: () => client.getUser(K.user_id),
  'listContexts of an id': () => client.listContexts({ ownerId: K.organization_id }),
  'listContexts of a slug': () => client.listContexts({ ownerSlug: 'gh/acme', ownerType: 'organization' }),
  getContext: () => client.getContext(K.context_id),
  listContextEnvVars: () => client.listContextEnvVars(K.context_id),
  createContext: () => client.createContext('new', { id: K.organization_id, type: 'organization' }),
  createContextEnvVar: () => client.createContextEnvVar(K.context_id, 'KEY', 'value'),
  deleteContextEnvVar: () => client.deleteContextEnvVar(K.context_id, 'KEY'),
  deleteContext: () => client.deleteContext(K.context_id),
  triggerProjectPipeline: () => client.triggerProjectPipeline({ branch: 'main', parameters: { deploy: true } }),
  approveWorkflowJob: () => client.approveWorkflowJob(K.held_workflow_id, K.approval_request_id),
  rerunWorkflow: () => client.rerunWorkflow(K.workflow_id, { fromFailed: true }),
  cancelJob: () => client.cancelJob(K.running_job_number),
  cancelWorkflow: () => client.cancelWorkflow(K.running_workflow_id),
};

for (const [name, run] of Object.entries(calls)) {
  await call(name, run);
}
finish();
