# SPDX-License-Identifier: GPL-2.0-only
# Python: pycriu (image files) and crit in build/lib, the command in build/crit. What is to be installed:
# the folders PYTHON_PACKAGES into PYTHON_SITEDIR, CRIT into BINDIR.

PYTHON_SITEDIR ?= $(shell $(PYTHON) -c 'import site, sys; \
	print(next((p for p in site.getsitepackages() if p.startswith(sys.argv[1] + "/lib")), \
	sys.argv[1] + "/lib/python3/dist-packages"))' $(PREFIX))
PYTHON_PACKAGES := $(B)/lib/pycriu $(B)/lib/crit
CRIT := $(B)/crit

PYTHON_SOURCES := $(shell find lib/pycriu lib/crit -name '*.py' | LC_ALL=C sort)
PYTHON_FILES := $(PYTHON_SOURCES:%=$(B)/%)
PYTHON_MESSAGES := $(B)/lib/pycriu/images/.messages
PYTHON_TABLE := $(B)/lib/pycriu/images/table.py

$(PYTHON_FILES): $(B)/%: %
	@mkdir -p $(@D)
	$(Q)install -m 644 $< $@

# protoc writes imports that only work in the top folder.
$(PYTHON_MESSAGES): $(PROTOS)
	@mkdir -p $(@D)
	$(call say,PROTO,$(@D)/*_pb2.py)
	$(Q)protoc --proto_path=images --python_out=$(@D) $(PROTOS)
	$(Q)sed -i 's/^import \([a-z0-9_]*_pb2\) as /from . import \1 as /' $(@D)/*_pb2.py
	$(Q)touch $@

$(PYTHON_TABLE): images/image-types.py.in images/image-types.def
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(CC) -E -P -x c -o $@ $<

$(CRIT): lib/crit/crit.in
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)sed -e 's,@PYTHON@,$(PYTHON),' -e 's,@SITEDIR@,$(PYTHON_SITEDIR),' $< >$@
	$(Q)chmod 755 $@

python: $(PYTHON_FILES) $(PYTHON_MESSAGES) $(PYTHON_TABLE) $(CRIT)

ALL += python

# Every folder of test/unit with Python unittests; those of the command line run the program.
UNIT_PYTHON := $(patsubst %/,%,$(sort $(dir $(wildcard test/unit/*/test_*.py))))

unit-python: all ## run the unit tests in Python (no root needed)
	$(Q)B=$(B) CRIT=$(abspath $(CRIT)) PYTHONPATH=$(abspath $(B)/lib) PYTHONDONTWRITEBYTECODE=1 \
		scripts/build/run-suite --unittest unit-python $(UNIT_PYTHON)

unit: unit-python

.PHONY: python unit-python unit
