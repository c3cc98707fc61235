-- Sees to the epoch.
return {'done', epoch, revision, ''}
