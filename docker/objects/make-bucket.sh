#!/bin/sh
# Makes the bucket `fecom` where it is missing.
set -eu
if echo 's3.bucket.list' | weed shell -master=objects:9333 | grep -qw fecom; then exit 0; fi
echo 's3.bucket.create -name fecom' | weed shell -master=objects:9333
