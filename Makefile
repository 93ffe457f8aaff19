# SPDX-License-Identifier: GPL-2.0-only
# Targets only; how things are compiled stands in scripts/build/.

all: ## build criu, compel, the libraries and the Python tables

include scripts/build/flags.mk
include scripts/build/quiet.mk
include scripts/build/images.mk
include scripts/build/compel.mk
include scripts/build/blobs.mk
include scripts/build/criu.mk
include scripts/build/python.mk
include scripts/build/docs.mk
include scripts/build/tests.mk
include scripts/build/zdtm.mk
include scripts/build/install.mk

all: $(ALL)

clean: ## remove everything that was built
	rm -rf $(B)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all clean help
.DELETE_ON_ERROR:
