/*-------------------------------------------------------------------------
 *
 * budget_check.h
 *	  Whether a budget of what is scanned can be known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BUDGET_CHECK_H
#define RSFED_BUDGET_CHECK_H

/*
 * A WARNING for each server of a source that does not gather costs, where the
 * option max_scan_per_day of "title" wants to know what runs read there.
 */
extern void budget_warn_unknown_scan(const char *title, const char *source);

#endif							/* RSFED_BUDGET_CHECK_H */
