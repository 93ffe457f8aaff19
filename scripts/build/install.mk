# SPDX-License-Identifier: GPL-2.0-only
# make install [PREFIX=/usr/local] [DESTDIR=]: program, commands, libraries, headers, pkg-config, Python, manual.

PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
INSTALL := install
COMPEL_HEADERS := $(sort $(shell find compel/include -name '*.h'))

# Written by hand or made (docs.mk); the ending is the section.
MANUAL_PAGES = $(wildcard Documentation/*.[1-8]) $(MAN8)

# Rows "mode:what:where"; install copies them, uninstall removes them.
INSTALL_FILES = \
	755:$(B)/criu/criu:$(SBINDIR)/criu \
	755:$(CRIT):$(BINDIR)/crit \
	755:$(COMPEL_COMMAND):$(BINDIR)/compel \
	644:$(LIBCOMPEL):$(LIBDIR)/libcompel.a \
	755:$(LIBCOMPEL_SO):$(LIBDIR)/libcompel.so.1 \
	644:criu/plugin/criu-plugin.h:$(INCLUDEDIR)/criu/criu-plugin.h \
	644:$(COMPEL_BLOB_A):$(LIBDIR)/compel/blob.a \
	644:compel/blob/blob.lds:$(LIBDIR)/compel/blob.lds \
	644:$(B)/compel/compel.pc:$(PKGCONFIGDIR)/compel.pc \
	$(foreach page,$(MANUAL_PAGES),644:$(page):$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(foreach header,$(COMPEL_HEADERS),644:$(header):$(INCLUDEDIR)/$(header:compel/include/%=%))
INSTALL_LINKS = libcompel.so.1:$(LIBDIR)/libcompel.so

# Folders that are written into what is built: changes when make is called with other ones.
FOLDERS = $(PREFIX) $(LIBDIR) $(INCLUDEDIR) $(PYTHON_SITEDIR)
$(B)/folders: FORCE
	@mkdir -p $(@D)
	@echo '$(FOLDERS)' | cmp -s - $@ || echo '$(FOLDERS)' >$@
$(CRIT) $(B)/compel/command/main.o: $(B)/folders

$(B)/compel/compel.pc: scripts/build/install.mk scripts/build/flags.mk $(B)/folders
	@mkdir -p $(@D)
	$(call say,PC,$@)
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' 'Name: compel' \
		'Description: run code inside other processes' 'Version: $(VERSION)' \
		'Libs: -L$${libdir} -lcompel' 'Cflags: -I$${includedir}' >$@

split = $(subst :, ,$(1))
from = $(word 2,$(call split,$(1)))
to = $(DESTDIR)$(word $(2),$(call split,$(1)))

install: all $(B)/compel/compel.pc ## install below PREFIX (/usr/local), DESTDIR for packages
	$(Q)$(foreach row,$(INSTALL_FILES),$(INSTALL) -D -m $(word 1,$(call split,$(row))) \
		$(call from,$(row)) $(call to,$(row),3) &&) true
	$(Q)$(foreach row,$(INSTALL_LINKS),ln -sf $(word 1,$(call split,$(row))) $(call to,$(row),2) &&) true
	$(Q)for package in $(PYTHON_PACKAGES); do \
		(cd $${package%/*} && find $${package##*/} -name '*.py') | while read -r file; do \
			$(INSTALL) -D -m 644 $${package%/*}/$$file $(DESTDIR)$(PYTHON_SITEDIR)/$$file || exit 1; \
		done || exit 1; \
	done

uninstall: ## remove what install put there
	$(Q)rm -f $(foreach row,$(INSTALL_FILES),$(call to,$(row),3)) $(foreach row,$(INSTALL_LINKS),$(call to,$(row),2))
	$(Q)rm -rf $(foreach package,$(PYTHON_PACKAGES),$(DESTDIR)$(PYTHON_SITEDIR)/$(notdir $(package)))

FORCE:
.PHONY: install uninstall FORCE
