/*-------------------------------------------------------------------------
 *
 * budget_check.h
 *	  Checks whether the use of a budget for scanned data can be known.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RSFED_BUDGET_CHECK_H
#define RSFED_BUDGET_CHECK_H

/*
 * Raises a WARNING for each server of a source that does not gather costs,
 * although the option max_scan_per_day of "title" needs them.
 */
extern void budget_warn_unknown_scan(const char *title, const char *source);

#endif							/* RSFED_BUDGET_CHECK_H */
