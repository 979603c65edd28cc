#!/bin/sh
# SeaweedFS with its S3 gateway on 8333; the one account is the key that the service `secrets` made.
set -eu
AWS_ACCESS_KEY_ID=$(cat /run/fecom/objects_key)
AWS_SECRET_ACCESS_KEY=$(cat /run/fecom/objects_secret)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
exec weed server -dir=/data -ip=objects -ip.bind=0.0.0.0 -s3 -s3.port=8333 -volume.max=0 -master.volumeSizeLimitMB=1024
