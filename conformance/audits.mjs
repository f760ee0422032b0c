// graphql-http's audits of GraphQL over HTTP: no MUST and no SHOULD may fail.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: `${process.env.SERVICE_URL}/graphql` });
const failed = results.filter((result) => result.status !== 'ok');
for (const { id, name, status, reason } of failed) console.log(`  ${status} ${id} ${name}: ${reason}`);
const count = (status) => failed.filter((result) => result.status === status).length;
console.log(`GraphQL over HTTP: ${results.length} audits, MUST failed ${count('error')}, SHOULD failed ${count('warn')}, notes ${count('notice')}`);
process.exit(count('error') + count('warn') ? 1 : 0);
