/**
 * The condition by which commands go only to hosts whose owner has let Rollgate in: they carry the tag
 * `rollgate:<service>` with the stage as its value (core/model/names.ts). A file of its own, since the service is part of a
 * key here, and neither CloudFormation nor the framework replaces anything in keys.
 */
module.exports = async ({ resolveVariable }) => {
  const service = await resolveVariable('self:custom.rollgate.service');
  const stage = await resolveVariable('sls:stage');
  return { StringEquals: { [`ssm:resourceTag/rollgate:${service}`]: stage } };
};
