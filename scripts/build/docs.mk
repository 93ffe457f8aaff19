# SPDX-License-Identifier: GPL-2.0-only
# Man pages. MAN8 are those to be installed in section 8.

MAN8 := $(B)/Documentation/criu.8

$(B)/Documentation/criu.8: Documentation/criu.8.in criu/options/options.def scripts/build/make-criu-man \
		scripts/build/option_table.py scripts/build/flags.mk
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)$(PYTHON) scripts/build/make-criu-man $< $(VERSION) >$@

ALL += $(MAN8)
